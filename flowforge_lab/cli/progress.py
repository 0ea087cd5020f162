"""How an execution goes, as a line for each visit; made from its journal entries, drawn elsewhere."""

from collections.abc import Iterable

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
)

from .words import local, now_us, one_line, seconds


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
    match event:
        case VisitSucceeded():
            _end(line, "succeeded", event.duration, "" if event.port == "out" else f"→ {event.port}")
        case VisitFailed():
            status = "handled" if event.handled else "failed"
            _end(line, status, event.duration, _failure(event.error))
        case VisitCancelled():
            _end(line, "cancelled", event.duration, "")
        case AttemptFailed():
            line.status, line.text = "retrying", f"{_failure(event.error)}; {_again(event.retry_at)}"
        case AttemptStarted():
            line.status, line.attempt, line.text = "running", event.attempt, ""
        case VisitParked():
            line.status, line.text = "parked", _waits_for(event)
        case VisitResumed():
            line.status, line.text = "running", ""
        case Progressed():
            line.fraction, line.text = event.fraction, one_line(event.text)
        case _:
            return False
    return True


def _end(line: Line, status: str, duration: float, text: str) -> None:
    line.status, line.text, line.duration = status, text, duration


def _failure(error: ErrorDetail) -> str:
    return one_line(f"{error.type}: {error.title}" + (f" ({error.detail})" if error.detail else ""))


def _again(retry_at: int) -> str:
    left = max(retry_at - now_us(), 0) / 1e6
    return f"again in {seconds(left)}"


def _waits_for(event: VisitParked) -> str:
    if event.until is not None:
        return f"waits until {local(event.until)}"
    return f"waits for {', '.join(event.keys)}" if event.keys else "waits"
