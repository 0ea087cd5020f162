"""From the events of an execution to what the canvas shows of each node."""

from collections.abc import Callable, Iterable
from typing import Any

from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    Entry,
    Event,
    ExecutionContinued,
    ExecutionFinished,
    ExecutionPaused,
    ExecutionStarted,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitStarted,
    VisitSucceeded,
    spread,
)

from .preview import count_items

Status = dict[str, Any]
_MICRO = 1_000_000


class Following:
    """What the canvas shows of one execution. Changed only by `apply`, which takes each entry in order."""

    def __init__(self) -> None:
        self.run: Status | None = None
        self.statuses: dict[str, Status] = {}

    def apply(self, entry: Entry) -> set[str]:
        """Take one event in; return the nodes whose status changed."""
        changed: set[str] = set()
        for one in spread([entry]):
            changed |= self._add(one)
        return changed

    def _add(self, entry: Entry) -> set[str]:
        if isinstance(entry.event, ExecutionStarted | ExecutionFinished):
            self._note_execution(entry, entry.event)
            return set()
        if isinstance(entry.event, ExecutionPaused):
            self.run = {**(self.run or {}), "state": "paused", "stopped_at": entry.event.node}
            return set()
        if isinstance(entry.event, ExecutionContinued):
            self.run = {**(self.run or {}), "state": "running", "stopped_at": ""}
            return set()
        show = _SHOW.get(type(entry.event))
        if show is None:
            return set()
        node = str(getattr(entry.event, "node", ""))
        before = self.statuses.get(node, {})
        self.statuses[node] = {**before, **show(entry, entry.event, before)}
        return {node, *self._queue(entry.event)}

    def _queue(self, event: Event) -> set[str]:
        """Mark the nodes that come next as queued, and return them."""
        ahead = {token.target for token in getattr(event, "next", ())}
        ready = {id for id in ahead if self.statuses.get(id, {}).get("state") != "running"}
        for id in ready:
            self.statuses[id] = {**self.statuses.get(id, {}), "state": "queued"}
        return ready

    def skip_rest(self, nodes: Iterable[str]) -> set[str]:
        """Mark what never ran, once the execution is over, and return it."""
        rest = {id for id in nodes if self.statuses.get(id, {}).get("state", "queued") == "queued"}
        for id in rest:
            self.statuses[id] = {"state": "skipped"}
        return rest

    def _note_execution(self, entry: Entry, event: Event) -> None:
        if isinstance(event, ExecutionStarted):
            self.run = {
                "state": "running",
                "execution_id": entry.execution_id,
                "started_at": entry.at / _MICRO,
            }
        elif isinstance(event, ExecutionFinished):
            self.run = {
                **(self.run or {"execution_id": entry.execution_id}),
                "state": event.status,
                "started_at": event.started_at / _MICRO,
                "finished_at": entry.at / _MICRO,
                "duration": event.duration,
                "error": _error(event.error),
            }


def _error(error: Any) -> Status | None:
    if error is None:
        return None
    return {"title": error.title, "detail": error.detail, "node": error.node, "type": error.type}


def _started(entry: Entry, _event: Any, before: Status) -> Status:
    return {
        "state": "running",
        "started_at": entry.at / _MICRO,
        "visits": before.get("visits", 0) + 1,
        "attempt": 1,
        **dict.fromkeys(("duration", "items", "port", "error")),
    }


def _again(_entry: Entry, event: Any, _before: Status) -> Status:
    return {"state": "running", "attempt": event.attempt}


def _retrying(_entry: Entry, event: Any, _before: Status) -> Status:
    return {"state": "waiting", "error": event.error.title, "attempt": event.attempt + 1}


def _parked(_entry: Entry, _event: Any, _before: Status) -> Status:
    return {"state": "waiting"}


def _resumed(_entry: Entry, _event: Any, _before: Status) -> Status:
    return {"state": "running"}


def _succeeded(_entry: Entry, event: VisitSucceeded, _before: Status) -> Status:
    return {
        **_ended(event, "succeeded"),
        "port": event.port,
        "items": count_items(event.outputs),
        "error": None,
    }


def _failed(_entry: Entry, event: VisitFailed, _before: Status) -> Status:
    port = "error" if event.handled == "port" else None
    return {**_ended(event, "failed"), "port": port, "error": event.error.title}


def _cancelled(_entry: Entry, event: VisitCancelled, _before: Status) -> Status:
    return _ended(event, "cancelled")


def _ended(event: Any, state: str) -> Status:
    return {
        "state": state,
        "started_at": event.started_at / _MICRO,
        "duration": event.duration,
        "attempt": event.attempts,
    }


_SHOW: dict[type[Event], Callable[[Entry, Any, Status], Status]] = {
    VisitStarted: _started,
    AttemptStarted: _again,
    AttemptFailed: _retrying,
    VisitParked: _parked,
    VisitResumed: _resumed,
    VisitSucceeded: _succeeded,
    VisitFailed: _failed,
    VisitCancelled: _cancelled,
}
