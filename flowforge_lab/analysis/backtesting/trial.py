"""Trying past executions again, many at once, on a loop of their own."""

import asyncio
import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from flowforge_lab.engine import Payloads, World, rehearse
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.events import Event, ExecutionSeeded, ExecutionState
from flowforge_lab.expressions import Evaluator
from flowforge_lab.plan import Plan
from flowforge_lab.spec import accept_inputs

from .differences import Version, compare
from .past import PastExecution, Recorded
from .report import Case
from .staging import RehearsalClients, Stage

_AT_ONCE = 16

Tried = Callable[[Case], None]
"""Called after each execution, in the thread of the trial; what it raises ends it."""


class Trial(msgspec.Struct, frozen=True):
    """What is tried: a plan, and of the versions before it those that can still be compiled.

    Outputs and requests of nodes in `ignore` are not compared.
    """

    plan: Plan
    earlier: Mapping[str, Plan]
    ignore: Collection[str] = ()


class Ending:
    """The wish that a trial comes to its end at once, told from another thread than the one that tries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_wanted = False
        self._cancel: Callable[[], object] | None = None

    def want(self) -> None:
        """Let the trial end: what is tried just now is cancelled."""
        with self._lock:
            self._is_wanted = True
            if self._cancel is not None:
                self._cancel()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Cancel the present task once it is wanted, or now if it is."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with self._lock:
            if task is not None:
                self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            if self._is_wanted and self._cancel is not None:
                self._cancel()
        try:
            yield
        finally:
            with self._lock:
                self._cancel = None


def try_again(
    trial: Trial,
    past: Sequence[PastExecution],
    records: Generator[Recorded],
    *,
    stage: Stage,
    on_tried: Tried,
    ending: Ending,
) -> list[Case]:
    """Return what would become of past executions, in their order; blocks this thread until all are done.

    Raises:
        CancelledError: the end was wanted before.
    """

    async def work() -> list[Case]:
        with ending.heard():
            return await _try_all(trial, past, records, stage=stage, on_tried=on_tried)

    return asyncio.run(work())


async def _try_all(
    trial: Trial,
    past: Sequence[PastExecution],
    records: Generator[Recorded],
    *,
    stage: Stage,
    on_tried: Tried,
) -> list[Case]:
    evaluator, clients = Evaluator(stage.expressions), RehearsalClients()
    known = {one.execution_id: one for one in past}
    found: dict[str, Case] = {}

    async def work() -> None:
        for recorded in records:
            one = known[recorded.state.execution_id]
            world = stage.world(recorded, evaluator=evaluator, clients=clients)
            case = found[one.execution_id] = await _case(trial, one, recorded, world=world)
            on_tried(case)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work())
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    finally:
        await evaluator.close()
        await clients.close()
    return [found.get(one.execution_id) or _gone(one) for one in past]


async def _case(trial: Trial, past: PastExecution, recorded: Recorded, *, world: World) -> Case:
    case = Case(past.execution_id, past.started_at, past.duration, past.status)
    state = recorded.state
    try:
        after = await go_again(trial.plan, recorded, world)
    except (FlowForgeError, ExceptionGroup) as error:
        return msgspec.structs.replace(case, problem=str(error))
    earlier = trial.earlier.get(state.digest)
    differences = compare(Version(state, earlier), Version(after, trial.plan), ignore=trial.ignore)
    status = after.status if after.finished is not None else "waiting"
    return msgspec.structs.replace(case, status_after=status, differences=tuple(differences))


async def go_again(plan: Plan, recorded: Recorded, world: World) -> ExecutionState:
    """Return the state that an execution would come to in a plan.

    Raises:
        PlanError: its inputs do not fit any more.
        FlowForgeError: the workflow has no such trigger any more.
    """
    events = await _opening(plan, recorded, world)
    state = recorded.state
    return await rehearse(
        world, plan, events, execution_id=state.execution_id, at=state.started_at
    )


async def _opening(plan: Plan, recorded: Recorded, world: World) -> list[Event]:
    """Return the events with which the execution would begin now."""
    started = recorded.state.started
    if started is None or started.trigger not in plan.steps:
        name = "" if started is None else started.trigger
        msg = f"the workflow has no trigger {name!r} any more"
        raise FlowForgeError(msg)
    limits = world.limits
    payloads = Payloads(
        world.blobs, inline_bytes=limits.inline_bytes, max_payload_bytes=limits.max_payload_bytes
    )
    given = payloads.unpack(started.inputs)
    inputs = (await payloads.pack(accept_inputs(plan.workflow, given))).form
    changed = msgspec.structs.replace(
        started,
        digest=plan.digest,
        inputs=inputs,
        payload=inputs if started.payload == started.inputs else started.payload,
        breakpoints={},
        until=started.until if started.until in plan.steps else "",
        pins={node: pin for node, pin in started.pins.items() if node in plan.steps},
    )
    return [changed, *_taken_over(recorded)]


def _taken_over(recorded: Recorded) -> list[Event]:
    seeded = recorded.seeded
    if seeded is None or not seeded.variables:
        return []
    return [ExecutionSeeded(variables=seeded.variables, expires=seeded.expires)]


def _gone(past: PastExecution) -> Case:
    problem = "its journal is gone"
    return Case(past.execution_id, past.started_at, past.duration, past.status, problem=problem)
