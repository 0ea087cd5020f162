"""The state of an execution computed from its journal alone, and whether what is stored agrees with it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

import msgspec

from flowforge_lab.engine import head_of
from flowforge_lab.events import Entry, ExecutionFinished, ExecutionState, apply
from flowforge_lab.store import ExecutionHead

from .looking import status_of, variables_in
from .moments import moment

if TYPE_CHECKING:  # heavy, and only who asks for a frame needs it
    import pandas as pd


class ReplayedState(msgspec.Struct, frozen=True):
    """How an execution stood after one event. `open_visits` has the node of each visit that is not over."""

    seq: int
    happened_at: datetime
    event: str
    node: str
    status: str
    open_visits: Mapping[int, str]
    waiting: int
    variables: Mapping[str, Any]


class Replay(msgspec.Struct, frozen=True):
    """All states of an execution in order; `differences` says where what is stored is not that."""

    execution_id: str
    states: tuple[ReplayedState, ...]
    differences: tuple[str, ...] = ()

    @property
    def matches(self) -> bool:
        """Whether the journal comes to what is stored."""
        return not self.differences

    def __iter__(self) -> Iterator[ReplayedState]:
        return iter(self.states)

    def __len__(self) -> int:
        return len(self.states)

    def frame(self) -> "pd.DataFrame":
        """Return a row for each event: status, open visits and variables after it."""
        import pandas as pd

        columns = list(ReplayedState.__struct_fields__)
        rows = [msgspec.structs.asdict(state) for state in self.states]
        return pd.DataFrame(rows, columns=columns).set_index("seq")


def replay(entries: Sequence[Entry], head: ExecutionHead) -> Replay:
    """Return what the journal of an execution comes to, event by event; nothing is run."""
    state = ExecutionState()
    states = []
    found = list(_holes(entries))
    for place, entry in enumerate(entries, start=1):
        if entry.seq != place:
            break
        apply(state, entry)
        states.append(_state_after(state, entry))
    found += _told_otherwise(state, head)
    return Replay(head.id, tuple(states), tuple(found))


def _state_after(state: ExecutionState, entry: Entry) -> ReplayedState:
    return ReplayedState(
        entry.seq,
        moment(entry.at),
        str(type(entry.event).__struct_config__.tag),
        getattr(entry.event, "node", ""),
        status_of(state),
        {visit.number: visit.node for visit in state.open_visits()},
        len(state.tokens),
        variables_in(state),
    )


def _holes(entries: Sequence[Entry]) -> Iterator[str]:
    for place, entry in enumerate(entries, start=1):
        if entry.seq != place:
            yield f"the journal has event {entry.seq} where {place} is expected"
            return
        if isinstance(entry.event, ExecutionFinished) and place < len(entries):
            yield f"the journal goes on for {len(entries) - place} events after the end"


def _told_otherwise(state: ExecutionState, head: ExecutionHead) -> Iterator[str]:
    facts = {"status": (head.status, _status(state, head.status))}
    started, finished = state.started, state.finished
    if started is not None and head.digest not in {started.digest, state.digest}:
        facts["version"] = (head.digest, state.digest)
    if finished is not None:
        facts["finished_at"] = (str(head.finished_at), str(state.last_at))
        facts["error"] = (head.error, head_of(finished, state.last_at).error)
        facts["visits"] = (str(finished.visits), str(len(state.own_visits())))
        facts["retries"] = (str(finished.retries), str(state.retries))
        facts["handled errors"] = (str(finished.handled_errors), str(state.handled_errors))
    for name, (stored, folded) in facts.items():
        if stored != folded:
            yield f"{name}: stored is {stored!r}, the journal comes to {folded!r}"


def _status(state: ExecutionState, stored: str) -> str:
    """Return the status that the journal comes to; where it leaves several open, the stored one."""
    if state.finished is not None:
        return state.finished.status
    if not state.visits and stored == "queued":
        return stored
    if stored == "running":  # somebody holds it, whatever it waits for
        return stored
    if state.is_paused:
        return "paused"
    return "running" if state.running_visits else "waiting"
