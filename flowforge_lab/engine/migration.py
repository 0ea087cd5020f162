"""Whether an execution can go on in another version of its workflow, and the events by which it does."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.errors import NotFoundError, PlanError
from flowforge_lab.events import Event, ExecutionMigrated, ExecutionState, MigrationRefused
from flowforge_lab.plan import Plan

from .payloads import Payloads
from .ports import Signal

MIGRATE = "migrate"
PlanOf = Callable[[str], Awaitable[Plan]]


class Course(msgspec.Struct, frozen=True):
    """The plan an execution goes on with, what is to be noted of that, and the wishes that led to it."""

    plan: Plan
    events: tuple[Event, ...] = ()
    taken: tuple[int, ...] = ()


async def set_course(
    state: ExecutionState, signals: Sequence[Signal], plan_of: PlanOf, *, payloads: Payloads
) -> Course:
    """Return how an execution goes on that others wish, or wish not, to see in another version.

    Raises:
        NotFoundError: the version it runs is gone, and it is to go on with that.
        PlanError: as above, since a node type it needs is gone.
    """
    wishes = [signal for signal in signals if signal.kind == MIGRATE]
    if not wishes:
        return Course(await plan_of(state.digest))
    plan = await _plan_or_fault(state.digest, plan_of)
    events: list[Event] = []
    for wish in wishes:
        fields = msgspec.json.decode(wish.payload)
        new = await _plan_or_fault(fields["digest"], plan_of)
        old = plan if isinstance(plan, Plan) else None
        reasons = (
            obstacles(state, old, new, payloads=payloads) if isinstance(new, Plan) else (str(new),)
        )
        by = fields.get("by", "")
        if reasons:
            events.append(MigrationRefused(fields["digest"], reasons, by))
        elif fields["digest"] != (old.digest if old else state.digest):
            plan = new
            events.append(ExecutionMigrated(fields["digest"], by))
    if not isinstance(plan, Plan):
        raise plan
    return Course(plan, tuple(events), tuple(wish.id for wish in wishes))


async def _plan_or_fault(digest: str, plan_of: PlanOf) -> Plan | NotFoundError | PlanError:
    try:
        return await plan_of(digest)
    except (NotFoundError, PlanError) as error:
        return error


def obstacles(
    state: ExecutionState, old: Plan | None, new: Plan, *, payloads: Payloads
) -> tuple[str, ...]:
    """Return why an execution cannot go on in the version `new`; empty if it can.

    Wherever it stands (its open visits, its loops, its arrivals under way) there must be a node of the same
    kind, in the same loops, with the port that is arrived at. `old` is the version it runs, `None` where
    that cannot be compiled any more.
    """
    found = [*_of_the_whole(state, new), *_of_inputs(state, new, payloads)]
    for node, kind, port in _places(state, old):
        found += _of_place(new, node, kind=kind, port=port)
        if old is not None and node in new.steps:
            found += _of_loops(old, new, node)
    return tuple(dict.fromkeys(found))


def _of_the_whole(state: ExecutionState, new: Plan) -> Iterator[str]:
    started = state.started
    if started is None:
        return
    if started.workflow_id != new.workflow.id:
        yield f"it is an execution of {started.workflow_id}, and the version is one of {new.workflow.id}"
    if started.until and started.until not in new.steps:
        yield f"it is to run until {started.until!r}, which is gone"


def _of_inputs(state: ExecutionState, new: Plan, payloads: Payloads) -> Iterator[str]:
    given: Mapping[str, Any] = payloads.unpack(state.started.inputs) if state.started else {}
    for name in new.workflow.inputs:
        if name not in given:
            yield f"it was started without the input {name!r}"


def _places(state: ExecutionState, old: Plan | None) -> Iterator[tuple[str, str, str]]:
    """Yield where an execution stands: node, kind where that is known, and port that is arrived at."""
    if state.started is not None and not state.visits and not state.tokens:
        yield state.started.trigger, _kind_in(old, state.started.trigger), ""
    for visit in state.open_visits():
        yield visit.node, visit.kind, ""
    for token in state.tokens:
        yield token.target, _kind_in(old, token.target), token.to_port


def _kind_in(plan: Plan | None, node: str) -> str:
    return plan.steps[node].type.kind if plan is not None and node in plan.steps else ""


def _of_place(new: Plan, node: str, *, kind: str, port: str) -> Iterator[str]:
    step = new.steps.get(node)
    if step is None:
        yield f"it stands at {node!r}, which is gone"
    elif kind and step.type.kind != kind:
        yield f"it stands at {node!r}, which was a {kind} and is a {step.type.kind}"
    elif port and port not in {one.name for one in step.type.inputs_of(step.raw)}:
        yield f"it stands before the input {port!r} of {node!r}, which is gone"


def _of_loops(old: Plan, new: Plan, node: str) -> Iterator[str]:
    was, is_now = old.shape.around[node], new.shape.around[node]
    if was != is_now:
        yield f"it stands at {node!r}, which was {_in(was)} and is {_in(is_now)}"


def _in(loops: frozenset[str]) -> str:
    names = " and ".join(sorted(loops))
    return f"in the loop {names}" if loops else "in no loop"
