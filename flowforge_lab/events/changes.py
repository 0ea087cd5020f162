"""What each event does to the state of an execution, which is the sum of its events and nothing else.

`fold(entries)` gives the state after those entries. The engine keeps one and applies each new entry, which
is the same sum taken step by step.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from .entry import Entry
from .state import ExecutionState, Loop, Turn, Visit
from .tokens import SeededVisit
from .vocabulary import (
    ASKED,
    AttemptFailed,
    AttemptStarted,
    BreakpointsSet,
    CancelRequested,
    Event,
    ExecutionContinued,
    ExecutionFinished,
    ExecutionMigrated,
    ExecutionPaused,
    ExecutionResumed,
    ExecutionSeeded,
    ExecutionStarted,
    FinallyStarted,
    IterationFailed,
    IterationReturned,
    IterationStarted,
    Logged,
    LoopStarted,
    Measured,
    OutputsEdited,
    TokenDropped,
    VariableSet,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitStarted,
    VisitSucceeded,
)


def apply(state: ExecutionState, entry: Entry) -> None:
    """Add the next entry. Events that only tell (logs, progress) change nothing but what is counted."""
    state.seq = entry.seq
    change = _CHANGES.get(type(entry.event))
    if change is not None:
        change(state, entry.event, entry)
    state.last_at = entry.at


def fold(entries: Iterable[Entry]) -> ExecutionState:
    """Return the state of an execution after `entries`, which are all of its own and in order."""
    state = ExecutionState()
    for entry in entries:
        apply(state, entry)
    return state


def spread(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Give each visit that is one entry its start back, in front of it and with the same `seq`."""
    for entry in entries:
        event = entry.event
        if isinstance(event, VisitSucceeded) and event.begun is not None:
            yield msgspec.structs.replace(entry, at=event.started_at, event=event.begun)
        yield entry


def _started(state: ExecutionState, event: ExecutionStarted, entry: Entry) -> None:
    state.execution_id = entry.execution_id
    state.started = event
    state.digest = event.digest
    state.started_at = entry.at
    state.pins = event.pins
    state.breakpoints = event.breakpoints


def _seeded(state: ExecutionState, event: ExecutionSeeded, entry: Entry) -> None:
    for seed in event.visits:
        state.add_visit(_visit_of(seed))
    state.variables.update(
        {name: (form, event.expires.get(name)) for name, form in event.variables.items()}
    )
    state.add_tokens(event.next, entry.at)
    state.resumes = event.resumes


def _visit_of(seed: SeededVisit) -> Visit:
    done = "succeeded" if seed.port else "cancelled"
    return Visit(
        seed.number,
        seed.node,
        seed.kind,
        seed.cause,
        {},
        seed.started_at,
        status=done if seed.error is None else "failed",
        port=seed.port,
        outputs=seed.outputs,
        error=seed.error,
        ended_at=seed.ended_at,
        is_leaf=seed.is_leaf,
        is_handled=seed.error is not None,
        loop=None if seed.turn is None else _loop_of(*seed.turn),
        is_seeded=True,
    )


def _loop_of(index: int, item: Any) -> Loop:
    """Return a loop of which nothing is known but one turn."""
    return Loop(None, 1, "fail", [*(Turn() for _ in range(index)), Turn(item)])


def _resumed(state: ExecutionState, event: ExecutionResumed, entry: Entry) -> None:
    if state.asleep_since is None:  # cut off by a crash; asleep, it sleeps on
        state.waited += (entry.at - state.last_at) / 1e6


def _visit_started(state: ExecutionState, event: VisitStarted, entry: Entry) -> None:
    _begin(state, event, entry.at)


def _begin(state: ExecutionState, event: VisitStarted, at: int) -> Visit:
    visit = Visit(
        event.visit,
        event.node,
        event.kind,
        event.cause,
        event.config,
        at,
        attempt_started_at=at,
        reason=event.reason,
        scope=event.cause[0].scope if event.cause else (),
    )
    state.begin_visit(visit)
    state.value_bytes += _inline(event.config, event.config_bytes)
    for token in event.cause:
        state.remove_token(token)
    return visit


def _attempt_failed(state: ExecutionState, event: AttemptFailed, entry: Entry) -> None:
    visit = state.visits[event.visit]
    state.give_status(visit, "retrying", entry.at)
    visit.wake_at = event.retry_at
    state.retries += 1


def _attempt_started(state: ExecutionState, event: AttemptStarted, entry: Entry) -> None:
    visit = state.visits[event.visit]
    state.give_status(visit, "running", entry.at)
    visit.attempts = event.attempt
    visit.attempt_started_at = entry.at
    visit.wake_at = None


def _parked(state: ExecutionState, event: VisitParked, entry: Entry) -> None:
    visit = state.visits[event.visit]
    state.give_status(visit, "parked", entry.at)
    visit.wake_at = event.until
    visit.keys = event.keys


def _visit_resumed(state: ExecutionState, event: VisitResumed, entry: Entry) -> None:
    visit = state.visits[event.visit]
    state.give_status(visit, "running", entry.at)
    visit.wake_at = None
    visit.keys = ()
    visit.decided = event if event.key.startswith(f"{ASKED}:") else None
    if visit.decided is None:
        visit.answered = event
        visit.answers += event.reason == "answer"


def _succeeded(state: ExecutionState, event: VisitSucceeded, entry: Entry) -> None:
    if event.begun is None or event.visit in state.visits:
        visit = state.visits[event.visit]
    else:
        visit = _begin(state, event.begun, event.started_at)
    visit.port = event.port
    visit.outputs = event.outputs
    visit.is_leaf = not event.next
    visit.is_pinned = event.is_pinned
    state.add_tokens(event.next, entry.at, behind=visit.scope)
    state.end_visit(visit, "succeeded", entry.at)
    state.value_bytes += _inline(event.outputs, event.output_bytes)


def _logged(state: ExecutionState, event: Logged, entry: Entry) -> None:
    state.value_bytes += len(event.message)


def _measured(state: ExecutionState, event: Measured, entry: Entry) -> None:
    state.value_bytes += len(event.name)


def _inline(form: Any, size_bytes: int) -> int:
    """Return how much of a value stands in its event."""
    return 0 if isinstance(form, dict) and "$blob" in form else size_bytes


def _failed(state: ExecutionState, event: VisitFailed, entry: Entry) -> None:
    visit = state.visits[event.visit]
    visit.error = event.error
    visit.port = "error" if event.handled == "port" else "out"
    visit.outputs = event.outputs
    visit.is_handled = bool(event.handled)
    visit.is_leaf = visit.is_handled and not event.next
    state.handled_errors += visit.is_handled
    state.add_tokens(event.next, entry.at, behind=visit.scope)
    state.end_visit(visit, "failed", entry.at)


def _visit_cancelled(state: ExecutionState, event: VisitCancelled, entry: Entry) -> None:
    state.end_visit(state.visits[event.visit], "cancelled", entry.at)


def _loop_started(state: ExecutionState, event: LoopStarted, entry: Entry) -> None:
    visit = state.visits[event.visit]
    state.give_status(visit, "looping", entry.at)
    visit.loop = Loop(event.count, event.parallel, event.on_item_error, [])


def _turn_started(state: ExecutionState, event: IterationStarted, entry: Entry) -> None:
    loop = state.visits[event.visit].loop
    if loop is not None:
        loop.turns.append(Turn(event.item))
    state.add_tokens(event.next, entry.at)
    if not event.next:
        state.drained.append((event.visit, event.index))


def _returned(state: ExecutionState, event: IterationReturned, entry: Entry) -> None:
    turn = state.turn(event.visit, event.index)
    turn.result = event.token.source
    turn.has_returned = True
    loop = state.visits[event.visit].loop
    if loop is not None and event.action == "break":
        loop.is_broken = True
        for index, other in enumerate(loop.turns):
            other.is_cut = bool(other.live) and index != event.index
    state.remove_token(event.token)


def _turn_failed(state: ExecutionState, event: IterationFailed, entry: Entry) -> None:
    state.turn(event.visit, event.index).error = event.error
    loop = state.visits[event.visit].loop
    if loop is not None and loop.failed is None:
        loop.failed = event.index
    state.handled_errors += 1


def _dropped(state: ExecutionState, event: TokenDropped, entry: Entry) -> None:
    state.remove_token(event.token)


def _variable(state: ExecutionState, event: VariableSet, entry: Entry) -> None:
    state.variables[event.name] = (event.value, event.expires_at)
    if event.change:
        state.visits[event.visit].changes[event.change] = event.value


def _cancel_requested(state: ExecutionState, event: CancelRequested, entry: Entry) -> None:
    state.is_cancel_requested = True
    _go_free(state, entry.at)


def _go_free(state: ExecutionState, at: int) -> None:
    """End a pause for good: what is to end must not wait for anybody."""
    state.is_paused = state.is_stepping = False
    state.look_for_sleep(at)


def _paused(state: ExecutionState, event: ExecutionPaused, entry: Entry) -> None:
    state.is_paused = True
    state.is_stepping = False
    if event.token is not None and event.token in state.tokens:
        state.met.add(event.token)
    state.look_for_sleep(entry.at)


def _continued(state: ExecutionState, event: ExecutionContinued, entry: Entry) -> None:
    state.is_paused = False
    state.look_for_sleep(entry.at)
    state.is_stepping = event.is_step
    state.stepped_from = len(state.visits)
    state.let_through = frozenset(state.tokens) if event.is_step else frozenset()


def _breakpoints_set(state: ExecutionState, event: BreakpointsSet, entry: Entry) -> None:
    state.breakpoints = event.breakpoints


def _outputs_edited(state: ExecutionState, event: OutputsEdited, entry: Entry) -> None:
    state.visits[event.visit].outputs = event.outputs


def _migrated(state: ExecutionState, event: ExecutionMigrated, entry: Entry) -> None:
    state.digest = event.digest


def _finally_started(state: ExecutionState, event: FinallyStarted, entry: Entry) -> None:
    state.closing = event
    state.active_before_closing = state.active_seconds(entry.at)
    state.seq_before_closing = entry.seq
    state.value_bytes_before_closing = state.value_bytes
    state.closed_visits = len(state.visits)
    state.is_cancel_requested = False
    if event.status == "cancelled":
        _go_free(state, entry.at)
    state.add_tokens(event.next, entry.at)


def _finished(state: ExecutionState, event: ExecutionFinished, entry: Entry) -> None:
    state.finished = event


_CHANGES: dict[type[Event], Callable[[ExecutionState, Any, Entry], None]] = {
    ExecutionStarted: _started,
    ExecutionSeeded: _seeded,
    ExecutionResumed: _resumed,
    VisitStarted: _visit_started,
    AttemptFailed: _attempt_failed,
    AttemptStarted: _attempt_started,
    VisitParked: _parked,
    VisitResumed: _visit_resumed,
    VisitSucceeded: _succeeded,
    Logged: _logged,
    Measured: _measured,
    VisitFailed: _failed,
    VisitCancelled: _visit_cancelled,
    LoopStarted: _loop_started,
    IterationStarted: _turn_started,
    IterationReturned: _returned,
    IterationFailed: _turn_failed,
    TokenDropped: _dropped,
    VariableSet: _variable,
    CancelRequested: _cancel_requested,
    ExecutionPaused: _paused,
    ExecutionContinued: _continued,
    BreakpointsSet: _breakpoints_set,
    OutputsEdited: _outputs_edited,
    ExecutionMigrated: _migrated,
    FinallyStarted: _finally_started,
    ExecutionFinished: _finished,
}
