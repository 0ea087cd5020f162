"""How fast the journal takes events: `python -m tests.bench.bench_journal`."""

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Head, NewExecution
from flowforge_lab.events import (
    Entry,
    ExecutionFinished,
    ExecutionStarted,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.ids import new_id
from flowforge_lab.store import Store, Terms, open_store

COROUTINES = 64
EXECUTIONS = 60
MIN_EVENTS_PER_SECOND = 15_000
MAX_COLD_SECONDS = 0.25


def now() -> int:
    return time.time_ns() // 1000


async def run_one(store: Store) -> int:
    """Write an execution of three steps, eight events, as an engine would."""
    new = NewExecution(new_id(), "wf", "d" * 64, "manual", now())

    def entry(seq: int, event) -> Entry:
        return Entry(new.id, seq, new_id(), now(), event)

    first = entry(1, ExecutionStarted("wf", "d" * 64, "manual", {"a": 1}))
    lease = (await store.journal.start(new, [first], Head("running"))).lease
    for visit in range(3):
        started = VisitStarted(visit, f"n{visit}", "data.frame")
        store.journal.append(lease, [entry(2 + 2 * visit, started)])
        done = VisitSucceeded(visit, f"n{visit}", "data.frame", "out", "y" * 60, now(), 0.1)
        await store.journal.append(lease, [entry(3 + 2 * visit, done)])
    last = entry(8, ExecutionFinished("succeeded", "wf", "d" * 64, "manual", now(), 0.5))
    await store.journal.append(lease, [last], Head("succeeded", finished_at=now()))
    return 8


async def throughput(store: Store) -> float:
    async def run_many() -> int:
        return sum([await run_one(store) for _ in range(EXECUTIONS)])

    started = time.perf_counter()
    counts = await asyncio.gather(*(run_many() for _ in range(COROUTINES)))
    return sum(counts) / (time.perf_counter() - started)


async def latencies(store: Store) -> list[float]:
    new = NewExecution(new_id(), "wf", "d" * 64, "manual", now())
    lease = (await store.journal.start(new, [], Head("running"))).lease
    taken = []
    for seq in range(1, 301):
        entry = Entry(new.id, seq, new_id(), now(), VisitStarted(seq, "a", "data.frame"))
        started = time.perf_counter()
        await store.journal.append(lease, [entry])
        taken.append(time.perf_counter() - started)
    return sorted(taken)


def measure(folder: Path) -> dict[str, float]:
    started = time.perf_counter()
    store = open_store(folder, clock=SystemClock(), terms=Terms(linger=1.0))
    cold = time.perf_counter() - started
    started = time.perf_counter()
    open_store(folder, clock=SystemClock()).close()
    warm = time.perf_counter() - started
    try:
        rates = [asyncio.run(throughput(store)) for _ in range(3)]
        taken = asyncio.run(latencies(store))
    finally:
        store.close()
    return {
        "open cold (s)": cold,
        "open warm (s)": warm,
        "events a second, 64 coroutines": statistics.median(rates),
        "one durable append, median (s)": taken[150],
        "one durable append, p99 (s)": taken[297],
    }


@pytest.mark.bench
@pytest.mark.timeout(120)
def test_the_journal_is_fast_enough(tmp_path, capsys):
    figures = measure(tmp_path)
    with capsys.disabled():
        print()
        print_table(figures)

    assert figures["open cold (s)"] <= MAX_COLD_SECONDS * (1 + os.getloadavg()[0])
    assert figures["events a second, 64 coroutines"] >= MIN_EVENTS_PER_SECOND


def print_table(figures: dict[str, float]) -> None:
    for name, value in figures.items():
        print(f"{name:34} {value:12.4f}" if value < 100 else f"{name:34} {value:12.0f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print_table(measure(Path(place)))
