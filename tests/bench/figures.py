"""A measured figure, its target, and the table of them."""

import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """What was measured. `at_most` and `at_least` are the targets; without one it is only told."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_missed(self) -> bool:
        over = self.at_most is not None and self.value > self.at_most
        under = self.at_least is not None and self.value < self.at_least
        return over or under

    def line(self) -> str:
        target = ""
        if self.at_most is not None:
            target = f"at most {self.at_most:g}"
        if self.at_least is not None:
            target = f"at least {self.at_least:g}"
        mark = "MISSED" if self.is_missed else ("met" if target else "")
        return f"{self.name:<58}{self.value:>12,.3f} {self.unit:<6} {target:<16}{mark}".rstrip()


def table(figures: Sequence[Figure], remarks: Sequence[str] = ()) -> str:
    """Return one line a figure, and below them what could not be measured."""
    return "\n".join([*(figure.line() for figure in figures), *remarks])


def median(lengths: Sequence[float]) -> float:
    return statistics.median(lengths)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return how many seconds `work` took."""
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start


def resident_bytes() -> int:
    """Return the memory this process takes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def best(call: Callable[[], object], rounds: int) -> float:
    """Return the seconds of the quickest of some rounds."""
    lengths = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        lengths.append(time.perf_counter() - start)
    return min(lengths)
