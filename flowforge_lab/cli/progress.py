"""How an execution goes, as a line for each visit; made from its journal entries, drawn elsewhere."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    Entry,
    ErrorDetail,
    Event,
    ExecutionFinished,
    Progressed,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitStarted,
    VisitSucceeded,
    spread,
)
from flowforge_lab.values import lasted

from .words import local, now_us, one_line


class Line(msgspec.Struct):
    """One visit: what it is, how it stands, and a few words about it."""

    visit: int
    node: str
    kind: str
    started_at: int
    status: str = "running"
    attempt: int = 1
    duration: float | None = None
    text: str = ""
    fraction: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.duration is not None

    def length(self, now_us: int) -> float:
        """Return how many seconds it took, or takes so far."""
        if self.duration is not None:
            return self.duration
        return max(now_us - self.started_at, 0) / 1e6

    def words(self) -> str:
        """Return what there is to say beside name and time."""
        attempt = f"attempt {self.attempt}" if self.attempt > 1 else ""
        share = f"{self.fraction:.0%}" if self.fraction is not None and not self.is_over else ""
        return "  ".join(part for part in (attempt, share, self.text) if part)


class Progress:
    """The lines of one execution. `apply` may be called from one thread while another reads."""

    def __init__(self, past: Iterable[Entry] = ()) -> None:
        self.lines: dict[int, Line] = {}
        self.finished: ExecutionFinished | None = None
        for entry in past:
            self.apply(entry)

    def apply(self, entry: Entry) -> Line | None:
        """Add an entry; return the line it changed, if it changed one."""
        changed = None
        for one in spread([entry]):
            changed = self._add(one)
        return changed

    def _add(self, entry: Entry) -> Line | None:
        event = entry.event
        if isinstance(event, ExecutionFinished):
            self.finished = event
            return None
        if isinstance(event, VisitStarted):
            self.lines[event.visit] = Line(event.visit, event.node, event.kind, entry.at)
            return self.lines[event.visit]
        line = self.lines.get(getattr(event, "visit", 0))
        return line if line is not None and _changed(line, event) else None


def _changed(line: Line, event: Event) -> bool:
    change = _CHANGES.get(type(event))
    if change is not None:
        change(line, event)
    return change is not None


def _succeeded(line: Line, event: VisitSucceeded) -> None:
    line.status, line.duration = "succeeded", event.duration
    line.text = "" if event.port == "out" else f"→ {event.port}"


def _failed(line: Line, event: VisitFailed) -> None:
    line.status, line.duration = "handled" if event.handled else "failed", event.duration
    line.text = _failure(event.error)


def _cancelled(line: Line, event: VisitCancelled) -> None:
    line.status, line.duration, line.text = "cancelled", event.duration, ""


def _to_be_retried(line: Line, event: AttemptFailed) -> None:
    again = lasted(max(event.retry_at - now_us(), 0) / 1e6)
    line.status, line.text = "retrying", f"{_failure(event.error)}; again in {again}"


def _retried(line: Line, event: AttemptStarted) -> None:
    line.status, line.attempt, line.text = "running", event.attempt, ""


def _parked(line: Line, event: VisitParked) -> None:
    line.status, line.text = "parked", _waits_for(event)


def _woken(line: Line, _event: VisitResumed) -> None:
    line.status, line.text = "running", ""


def _progressed(line: Line, event: Progressed) -> None:
    line.fraction, line.text = event.fraction, one_line(event.text)


_CHANGES: dict[type[Event], Callable[[Line, Any], None]] = {
    VisitSucceeded: _succeeded,
    VisitFailed: _failed,
    VisitCancelled: _cancelled,
    AttemptFailed: _to_be_retried,
    AttemptStarted: _retried,
    VisitParked: _parked,
    VisitResumed: _woken,
    Progressed: _progressed,
}


def _failure(error: ErrorDetail) -> str:
    return one_line(
        f"{error.type}: {error.title}" + (f" ({error.detail})" if error.detail else "")
    )


def _waits_for(event: VisitParked) -> str:
    if event.until is not None:
        return f"waits until {local(event.until)}"
    return f"waits for {', '.join(event.keys)}" if event.keys else "waits"
