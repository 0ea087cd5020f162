"""From the journal of an execution to what a screen draws of it: each visit with every turn it took.

A mark says since when something holds: `[seq, seconds since the start, state]`. Whoever has the marks can
show any moment of the execution, and the bars of a timeline, without asking again.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    BreakpointsSet,
    CancelRequested,
    Entry,
    ErrorDetail,
    Event,
    ExecutionContinued,
    ExecutionFinished,
    ExecutionMigrated,
    ExecutionPaused,
    ExecutionSeeded,
    ExecutionStarted,
    IterationStarted,
    LoopStarted,
    OutputsEdited,
    Progressed,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitStarted,
    VisitSucceeded,
    spread,
)
from flowforge_lab.services.editing.preview import count_items

Record = dict[str, Any]
_MICRO = 1_000_000


class Recording:
    """What is drawn of one execution. Changed only by `apply`, which takes each entry in order."""

    def __init__(self) -> None:
        self.run: Record = {}
        self.visits: dict[int, Record] = {}
        self._origin = 0

    @property
    def seq(self) -> int:
        """The last entry that was taken in."""
        return int(self.run.get("seq", 0))

    def apply(self, entry: Entry) -> set[int]:
        """Take one entry in; return the numbers of the visits that look different now."""
        if not self.run:
            self._origin = entry.at
            self.run = {"execution_id": entry.execution_id, "marks": [], "breakpoints": {}}
        self.run["seq"], self.run["last"] = entry.seq, self._time(entry.at)
        return {number for one in spread([entry]) for number in self._taken(one)}

    def _taken(self, entry: Entry) -> Iterable[int]:
        take = _TAKE.get(type(entry.event))
        return () if take is None else take(self, entry, entry.event)

    def _time(self, at: int) -> float:
        return round((at - self._origin) / _MICRO, 6)

    def _mark(self, number: int, entry: Entry, state: str) -> Record:
        record = self.visits[number]
        record["marks"].append([entry.seq, self._time(entry.at), state])
        return record

    def _mark_run(self, entry: Entry, state: str) -> None:
        self.run["marks"].append([entry.seq, self._time(entry.at), state])
        self.run["state"] = state

    # One function an event; each yields the visits it changes.

    def started(self, entry: Entry, event: ExecutionStarted) -> Iterable[int]:
        """The execution begins."""
        self.run |= {
            "workflow_id": event.workflow_id,
            "digest": event.digest,
            "trigger": event.trigger,
            "started_at": entry.at / _MICRO,
            "parent": event.parent,
            "origin": event.origin,
            "user": event.user,
            "breakpoints": dict(event.breakpoints),
        }
        self._mark_run(entry, "running")
        return ()

    def seeded(self, entry: Entry, event: ExecutionSeeded) -> Iterable[int]:
        """Visits of another execution are taken over; they are over when this one begins."""
        self.run["note"] = event.note
        for seed in event.visits:
            state = "failed" if seed.error else "succeeded" if seed.port else "cancelled"
            record = _record(seed.number, seed.node, cause=seed.cause)
            record |= {"seeded": True, "port": seed.port, "items": count_items(seed.outputs)}
            record["took"] = round((seed.ended_at - seed.started_at) / _MICRO, 6)
            record["error"] = _told(seed.error)
            self.visits[seed.number] = record
            self._mark(seed.number, entry, state)
            yield seed.number

    def visit_started(self, entry: Entry, event: VisitStarted) -> Iterable[int]:
        """A node is run."""
        self.visits[event.visit] = _record(event.visit, event.node, cause=event.cause)
        self._mark(event.visit, entry, "running")
        yield event.visit

    def attempt_failed(self, entry: Entry, event: AttemptFailed) -> Iterable[int]:
        """Another attempt follows after a while."""
        record = self._mark(event.visit, entry, "retrying")
        record["tries"].append([entry.seq, event.error.title])
        yield event.visit

    def going(self, entry: Entry, event: AttemptStarted | VisitResumed) -> Iterable[int]:
        """A visit goes on."""
        self._mark(event.visit, entry, "running")
        yield event.visit

    def parked(self, entry: Entry, event: VisitParked) -> Iterable[int]:
        """A visit waits."""
        record = self._mark(event.visit, entry, "waiting")
        record["until"] = None if event.until is None else self._time(event.until)
        yield event.visit

    def looping(self, entry: Entry, event: LoopStarted) -> Iterable[int]:
        """A visit goes round."""
        record = self._mark(event.visit, entry, "looping")
        record |= {"turns": [], "count": event.count}
        yield event.visit

    def turn(self, entry: Entry, event: IterationStarted) -> Iterable[int]:
        """A turn of a loop begins."""
        self.visits[event.visit].setdefault("turns", []).append(entry.seq)
        yield event.visit

    def progressed(self, _entry: Entry, event: Progressed) -> Iterable[int]:
        """A long step says how far it is."""
        self.visits[event.visit]["progress"] = [round(event.fraction, 3), event.text]
        yield event.visit

    def succeeded(self, entry: Entry, event: VisitSucceeded) -> Iterable[int]:
        """A visit has its outputs."""
        record = self._mark(event.visit, entry, "succeeded")
        record |= {"port": event.port, "items": count_items(event.outputs)}
        record["pinned"] = event.is_pinned
        yield event.visit

    def failed(self, entry: Entry, event: VisitFailed) -> Iterable[int]:
        """The last attempt of a visit ended in an error."""
        record = self._mark(event.visit, entry, "failed")
        record |= {"error": _told(event.error), "handled": event.handled}
        record["port"] = {"port": "error", "value": "out"}.get(event.handled)
        yield event.visit

    def visit_cancelled(self, entry: Entry, event: VisitCancelled) -> Iterable[int]:
        """A visit was stopped."""
        self._mark(event.visit, entry, "cancelled")
        yield event.visit

    def edited(self, entry: Entry, event: OutputsEdited) -> Iterable[int]:
        """Somebody gave a visit other outputs."""
        record = self.visits[event.visit]
        record |= {"edited": entry.seq, "items": count_items(event.outputs)}
        yield event.visit

    def paused(self, entry: Entry, event: ExecutionPaused) -> Iterable[int]:
        """Nothing new starts."""
        self._mark_run(entry, "paused")
        self.run["stopped_at"] = event.node
        return ()

    def continued(self, entry: Entry, _event: ExecutionContinued) -> Iterable[int]:
        """A pause is over."""
        self._mark_run(entry, "running")
        self.run["stopped_at"] = ""
        return ()

    def breakpoints(self, _entry: Entry, event: BreakpointsSet) -> Iterable[int]:
        """It stops elsewhere from here on."""
        self.run["breakpoints"] = dict(event.breakpoints)
        return ()

    def cancel_asked(self, _entry: Entry, event: CancelRequested) -> Iterable[int]:
        """Somebody asked for it to stop."""
        self.run["cancel"] = event.reason or True
        return ()

    def migrated(self, _entry: Entry, event: ExecutionMigrated) -> Iterable[int]:
        """It goes on in another version."""
        self.run["digest"] = event.digest
        return ()

    def finished(self, entry: Entry, event: ExecutionFinished) -> Iterable[int]:
        """It came to its end."""
        self._mark_run(entry, event.status)
        self.run |= {
            "finished_at": entry.at / _MICRO,
            "duration": event.duration,
            "error": _told(event.error),
            "retries": event.retries,
        }
        return ()


def _record(number: int, node: str, *, cause: Iterable[Any]) -> Record:
    tokens = tuple(cause)
    record: Record = {"n": number, "node": node, "marks": [], "tries": []}
    record["cause"] = [token.source for token in tokens]
    if tokens and tokens[0].scope:
        record["scope"] = [list(frame) for frame in tokens[0].scope]
    return record


def _told(error: ErrorDetail | None) -> Record | None:
    if error is None:
        return None
    return {"title": error.title, "detail": error.detail, "node": error.node, "type": error.type}


_TAKE: dict[type[Event], Callable[[Recording, Entry, Any], Iterable[int]]] = {
    ExecutionStarted: Recording.started,
    ExecutionSeeded: Recording.seeded,
    VisitStarted: Recording.visit_started,
    AttemptFailed: Recording.attempt_failed,
    AttemptStarted: Recording.going,
    VisitParked: Recording.parked,
    VisitResumed: Recording.going,
    LoopStarted: Recording.looping,
    IterationStarted: Recording.turn,
    Progressed: Recording.progressed,
    VisitSucceeded: Recording.succeeded,
    VisitFailed: Recording.failed,
    VisitCancelled: Recording.visit_cancelled,
    OutputsEdited: Recording.edited,
    ExecutionPaused: Recording.paused,
    ExecutionContinued: Recording.continued,
    BreakpointsSet: Recording.breakpoints,
    CancelRequested: Recording.cancel_asked,
    ExecutionMigrated: Recording.migrated,
    ExecutionFinished: Recording.finished,
}
