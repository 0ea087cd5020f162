"""The state of an execution, as the sum of its events; nothing about it is kept anywhere else.

`fold(entries)` gives the state after those entries. The engine keeps one and applies each new entry, which
is the same sum taken step by step: it is the one object here that changes, and only by `apply`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from .entry import Entry
from .vocabulary import (
    AttemptFailed,
    AttemptStarted,
    CancelRequested,
    ErrorDetail,
    Event,
    ExecutionFinished,
    ExecutionResumed,
    ExecutionStarted,
    Token,
    TokenDropped,
    VariableSet,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitStarted,
    VisitSucceeded,
)


class Visit(msgspec.Struct, gc=False):
    """One pass through a node. `status` is running, retrying, parked, succeeded, failed or cancelled.

    `outputs` is in journal form; `wake_at` (microseconds, UTC) says until when a visit that is retrying
    or parked waits.
    """

    number: int
    node: str
    kind: str
    cause: tuple[Token, ...]
    config: dict[str, Any]
    started_at: int
    status: str = "running"
    attempts: int = 1
    attempt_started_at: int = 0
    wake_at: int | None = None
    keys: tuple[str, ...] = ()
    answered: VisitResumed | None = None
    port: str = ""
    outputs: Any = None
    error: ErrorDetail | None = None
    ended_at: int | None = None
    is_leaf: bool = False
    is_handled: bool = False

    @property
    def last_attempt_at(self) -> int:
        """When the last of several attempts began, in microseconds; 0 if there was one."""
        return self.attempt_started_at if self.attempts > 1 else 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in {"succeeded", "failed", "cancelled"}


_WAITING = frozenset({"retrying", "parked"})


class ExecutionState:
    """Where an execution stands after the entries applied so far. `status` is empty before the first.

    It is asleep while visits wait (for a time, an answer, the next attempt) and none runs; `waited` are
    the seconds it slept, those between a crash and the next resume included.
    """

    def __init__(self) -> None:
        self.execution_id = ""
        self.started: ExecutionStarted | None = None
        self.finished: ExecutionFinished | None = None
        self.started_at = 0
        self.seq = 0
        self.last_at = 0
        self.waited = 0.0
        self.asleep_since: int | None = None
        self.running_visits = 0
        self.waiting_visits = 0
        self.retries = 0
        self.handled_errors = 0
        self.is_cancel_requested = False
        self.visits: dict[int, Visit] = {}
        self.tokens: list[Token] = []
        self.variables: dict[str, tuple[Any, int | None]] = {}

    @property
    def status(self) -> str:
        """`running` from the first entry to the finishing one, then what that one says."""
        if self.finished is not None:
            return self.finished.status
        return "running" if self.started is not None else ""

    def apply(self, entry: Entry) -> None:
        """Add the next entry. Events that only tell (logs, progress) change nothing but the count."""
        self.seq = entry.seq
        change = _CHANGES.get(type(entry.event))
        if change is not None:
            change(self, entry.event, entry)
        self.last_at = entry.at

    def active_seconds(self, at: int) -> float:
        """Return how long it was active until `at` (microseconds, UTC), not before the last entry."""
        asleep = 0 if self.asleep_since is None else at - self.asleep_since
        return (at - self.started_at - asleep) / 1e6 - self.waited

    def open_visits(self) -> list[Visit]:
        """Return the visits that are not over, oldest first."""
        return [visit for visit in self.visits.values() if not visit.is_over]

    def nearest(self, cause: Sequence[Token], node: str) -> Visit | None:
        """Return the latest visit of `node` among those behind `cause` and their ancestors, if any."""
        if len(cause) == 1:
            direct = self.visits.get(cause[0].source)
            if direct is not None and direct.node == node:
                return direct
        ahead = {token.source for token in cause}
        while ahead:
            number = max(ahead)
            ahead.discard(number)
            ancestor = self.visits.get(number)
            if ancestor is None:
                continue
            if ancestor.node == node:
                return ancestor
            ahead.update(token.source for token in ancestor.cause)
        return None


def fold(entries: Iterable[Entry]) -> ExecutionState:
    """Return the state of an execution after `entries`, which are all of its own and in order."""
    state = ExecutionState()
    for entry in entries:
        state.apply(entry)
    return state


def _started(state: ExecutionState, event: ExecutionStarted, entry: Entry) -> None:
    state.execution_id = entry.execution_id
    state.started = event
    state.started_at = entry.at


def _resumed(state: ExecutionState, event: ExecutionResumed, entry: Entry) -> None:
    if state.asleep_since is None:  # cut off by a crash; asleep, it sleeps on
        state.waited += (entry.at - state.last_at) / 1e6


def _turn(state: ExecutionState, visit: Visit, status: str, *, at: int) -> None:
    """Give a visit its status, and take note when the execution falls asleep or wakes up by that."""
    state.running_visits += (status == "running") - (visit.status == "running")
    state.waiting_visits += (status in _WAITING) - (visit.status in _WAITING)
    visit.status = status
    _look_for_sleep(state, at=at)


def _look_for_sleep(state: ExecutionState, *, at: int) -> None:
    if state.waiting_visits and not state.running_visits:
        if state.asleep_since is None:
            state.asleep_since = at
    elif state.asleep_since is not None:
        state.waited += (at - state.asleep_since) / 1e6
        state.asleep_since = None


def _visit_started(state: ExecutionState, event: VisitStarted, entry: Entry) -> None:
    for token in event.cause:
        state.tokens.remove(token)
    state.visits[event.visit] = Visit(
        event.visit,
        event.node,
        event.kind,
        event.cause,
        event.config,
        entry.at,
        attempt_started_at=entry.at,
    )
    state.running_visits += 1
    _look_for_sleep(state, at=entry.at)


def _attempt_failed(state: ExecutionState, event: AttemptFailed, entry: Entry) -> None:
    visit = state.visits[event.visit]
    _turn(state, visit, "retrying", at=entry.at)
    visit.wake_at = event.retry_at
    state.retries += 1


def _attempt_started(state: ExecutionState, event: AttemptStarted, entry: Entry) -> None:
    visit = state.visits[event.visit]
    _turn(state, visit, "running", at=entry.at)
    visit.attempts = event.attempt
    visit.attempt_started_at = entry.at
    visit.wake_at = None


def _parked(state: ExecutionState, event: VisitParked, entry: Entry) -> None:
    visit = state.visits[event.visit]
    _turn(state, visit, "parked", at=entry.at)
    visit.wake_at = event.until
    visit.keys = event.keys


def _visit_resumed(state: ExecutionState, event: VisitResumed, entry: Entry) -> None:
    visit = state.visits[event.visit]
    _turn(state, visit, "running", at=entry.at)
    visit.wake_at = None
    visit.keys = ()
    visit.answered = event


def _succeeded(state: ExecutionState, event: VisitSucceeded, entry: Entry) -> None:
    visit = state.visits[event.visit]
    _turn(state, visit, "succeeded", at=entry.at)
    visit.port = event.port
    visit.outputs = event.outputs
    visit.ended_at = entry.at
    visit.is_leaf = not event.next
    state.tokens.extend(event.next)


def _failed(state: ExecutionState, event: VisitFailed, entry: Entry) -> None:
    visit = state.visits[event.visit]
    _turn(state, visit, "failed", at=entry.at)
    visit.error = event.error
    visit.port = "error" if event.handled == "port" else "out"
    visit.outputs = event.outputs
    visit.ended_at = entry.at
    visit.is_handled = bool(event.handled)
    visit.is_leaf = visit.is_handled and not event.next
    state.tokens.extend(event.next)
    state.handled_errors += visit.is_handled


def _visit_cancelled(state: ExecutionState, event: VisitCancelled, entry: Entry) -> None:
    visit = state.visits[event.visit]
    _turn(state, visit, "cancelled", at=entry.at)
    visit.ended_at = entry.at


def _dropped(state: ExecutionState, event: TokenDropped, entry: Entry) -> None:
    state.tokens.remove(event.token)


def _variable(state: ExecutionState, event: VariableSet, entry: Entry) -> None:
    state.variables[event.name] = (event.value, event.expires_at)


def _cancel_requested(state: ExecutionState, event: CancelRequested, entry: Entry) -> None:
    state.is_cancel_requested = True


def _finished(state: ExecutionState, event: ExecutionFinished, entry: Entry) -> None:
    state.finished = event


_CHANGES: dict[type[Event], Callable[[ExecutionState, Any, Entry], None]] = {
    ExecutionStarted: _started,
    ExecutionResumed: _resumed,
    VisitStarted: _visit_started,
    AttemptFailed: _attempt_failed,
    AttemptStarted: _attempt_started,
    VisitParked: _parked,
    VisitResumed: _visit_resumed,
    VisitSucceeded: _succeeded,
    VisitFailed: _failed,
    VisitCancelled: _visit_cancelled,
    TokenDropped: _dropped,
    VariableSet: _variable,
    CancelRequested: _cancel_requested,
    ExecutionFinished: _finished,
}
