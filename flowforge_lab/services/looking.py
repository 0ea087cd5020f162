"""Where an execution stood at a moment: what waited, what had run, what the variables were."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import Entry, ExecutionState, Scope, Token, VisitStarted, fold, spread
from flowforge_lab.values import decode

from .moments import microseconds, moment
from .steps import StepView, view_steps

Unpack = Callable[[Any], Any]


class Waiting(msgspec.Struct, frozen=True):
    """An arrival that waits to start a visit of `node`: where it comes from, and what it brings.

    `turns` are the loops it is in, the outermost first, as (node, index).
    """

    node: str
    source: str
    visit: int
    input: Any = None
    port: str = "in"
    turns: tuple[tuple[str, int], ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """An execution as it was after the entry `seq`.

    `nodes` has the status of the latest visit of each node, `steps` every visit with its values, `waiting`
    the arrivals that had not started a visit.
    """

    execution_id: str
    seq: int
    happened_at: datetime
    status: str
    nodes: Mapping[str, str]
    steps: tuple[StepView, ...]
    waiting: tuple[Waiting, ...]
    variables: Mapping[str, Any]
    breakpoints: Mapping[str, str] = {}


def snapshot(entries: Sequence[Entry], unpack: Unpack) -> Snapshot:
    """Return how an execution stands after `entries`, of which there is one at least."""
    state = fold(entries)
    return Snapshot(
        state.execution_id,
        state.seq,
        moment(state.last_at),
        status_of(state),
        {visit.node: visit.status for visit in state.visits.values()},
        tuple(view_steps(entries, unpack)),
        tuple(waiting_in(state, unpack)),
        variables_in(state),
        dict(state.breakpoints),
    )


def up_to(
    entries: Sequence[Entry],
    *,
    seq: int | None = None,
    time: datetime | str | None = None,
    visit: int | None = None,
) -> Sequence[Entry]:
    """Return the entries up to one of three: an entry, a moment, or the start of a visit.

    A time without a zone is UTC.

    Raises:
        NotFoundError: the execution had not begun then, or has no such visit.
        ValueError: not exactly one of the three is given.
    """
    if sum(given is not None for given in (seq, time, visit)) != 1:
        msg = "give one of seq, time and visit"
        raise ValueError(msg)
    if visit is not None:
        entries = list(spread(entries))
        found = entries[: _start_of(entries, visit)]
    elif time is not None:
        at = microseconds(_aware(time))
        found = [entry for entry in entries if entry.at <= at]
    else:
        found = [entry for entry in entries if entry.seq <= (seq or 0)]
    if not found:
        msg = f"the execution begins later, at {moment(entries[0].at).isoformat()} with seq 1"
        raise NotFoundError(msg)
    return found


def _start_of(entries: Sequence[Entry], visit: int) -> int:
    for place, entry in enumerate(entries, start=1):
        if isinstance(entry.event, VisitStarted) and entry.event.visit == visit:
            return place
    made = sum(isinstance(entry.event, VisitStarted) for entry in entries)
    msg = f"execution {entries[0].execution_id} made no visit {visit}; it made {made}"
    raise NotFoundError(msg)


def _aware(time: datetime | str) -> datetime:
    read = datetime.fromisoformat(time) if isinstance(time, str) else time
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def status_of(state: ExecutionState) -> str:
    """Return how an execution stands, in the words of its summary."""
    if state.finished is None and state.is_paused and not state.running_visits:
        return "paused"
    if state.finished is None and state.asleep_since is not None:
        return "waiting"
    return state.status


def variables_in(state: ExecutionState) -> dict[str, Any]:
    """Return the variables of the execution, without those that were over already."""
    return {
        name: decode(form)
        for name, (form, until) in state.variables.items()
        if form is not None and (until is None or until > state.last_at)
    }


def waiting_in(state: ExecutionState, unpack: Unpack) -> list[Waiting]:
    """Return the arrivals under way, in the order they came."""
    return [
        Waiting(
            token.target,
            state.visits[token.source].node if token.source else "",
            token.source,
            _value_of(state, token, unpack),
            token.to_port,
            _turns(state, token.scope),
        )
        for token in state.tokens
    ]


def _turns(state: ExecutionState, scope: Scope) -> tuple[tuple[str, int], ...]:
    return tuple((state.visits[visit].node, index) for visit, index in scope)


def _value_of(state: ExecutionState, token: Token, unpack: Unpack) -> Any:
    if not token.source:
        return None if state.closing is None else unpack(state.closing.result)
    if token.scope and token.scope[-1][0] == token.source:
        index = token.scope[-1][1]
        return {"item": unpack(state.turn(token.source, index).item), "index": index}
    return unpack(state.visits[token.source].outputs)
