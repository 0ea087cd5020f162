"""Runs executions: starts them, takes over those that others left, keeps their leases, carries signals."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from flowforge_lab.errors import NotFoundError, StoreError
from flowforge_lab.events import (
    Entry,
    ExecutionResumed,
    ExecutionStarted,
    ExecutionState,
    fold,
)
from flowforge_lab.ids import new_id
from flowforge_lab.plan import Plan
from flowforge_lab.spec import accept_inputs

from .chronicle import Chronicle
from .outcome import Outcome
from .payloads import Payloads
from .ports import Head, Journal, Lease, Listener, NewExecution
from .run import Run, outcome_of
from .world import World

logger = logging.getLogger(__name__)


class Start(msgspec.Struct, frozen=True):
    """What starts an execution. `key` lets the same cause start only one; empty for no such limit."""

    trigger: str = ""
    inputs: Mapping[str, Any] = {}
    payload: Any = None
    key: str = ""
    user: str = ""
    session: str = ""
    chat: str = ""


class Handle:
    """A running execution: its id, its outcome to wait for, and a way to stop it."""

    def __init__(self, execution_id: str, run: Run, outcome: "asyncio.Future[Outcome]") -> None:
        self.execution_id = execution_id
        self._run = run
        self._outcome = outcome

    @property
    def is_done(self) -> bool:
        """Whether this engine is done with it: it ended, or it is parked."""
        return self._outcome.done()

    async def outcome(self) -> Outcome:
        """Return what became of the execution, once this engine is done with it.

        Raises:
            StoreError: the journal failed; the execution goes on from there at the next resume.
        """
        return await asyncio.shield(self._outcome)

    def cancel(self, *, by: str = "", reason: str = "") -> None:
        """Stop the execution; it ends as cancelled."""
        if not self._outcome.done():
            self._run.cancel(by=by, reason=reason)


class Engine:
    """Use as an async context; on leaving, executions that still run are left for another engine.

    `lease_poll` is how often leases are renewed and signals fetched, in seconds.
    """

    def __init__(
        self,
        world: World,
        journal: Journal,
        *,
        listeners: Sequence[Listener] = (),
        lease_poll: float = 0.5,
    ) -> None:
        self._world = world
        self._journal = journal
        self._listeners = list(listeners)
        self._lease_poll = lease_poll
        self._running: dict[str, tuple[Lease, Run]] = {}
        limits = world.limits
        self.payloads = Payloads(
            world.blobs,
            inline_bytes=limits.inline_bytes,
            max_payload_bytes=limits.max_payload_bytes,
        )

    async def __aenter__(self) -> Self:
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._keep(self._group.create_task(self._keep_leases()))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self._group.__aexit__(None, None, None)

    @property
    def running(self) -> tuple[str, ...]:
        """The ids of the executions that this engine runs at the moment."""
        return tuple(self._running)

    async def start(self, plan: Plan, start: Start | None = None) -> Handle | None:
        """Journal a new execution and run it in the background; `None` if its key was used before.

        Raises:
            PlanError: the inputs do not fit.
            NotFoundError: the workflow has no such trigger.
            StoreError: the start could not be journaled; nothing runs.
        """
        start = start or Start()
        trigger = _trigger_of(plan, start.trigger)
        inputs = accept_inputs(plan.workflow, start.inputs)
        packed_inputs = await self.payloads.pack(inputs)
        payload = (
            packed_inputs if start.payload is None else await self.payloads.pack(start.payload)
        )
        opening = _opening(plan, start, trigger)
        event = msgspec.structs.replace(opening, inputs=packed_inputs.form, payload=payload.form)
        new = _summary(event, self._world.clock.stamp())
        entry = Entry(new.id, 1, f"{new.id[-12:]}-1", new.created_at, event)
        lease = await self._journal.start(new, [entry], Head("running"))
        if lease is None:
            return None
        for listener in self._listeners:
            listener(entry)
        return self._run(plan, lease, fold([entry]))

    async def resume(self, execution_id: str, plan_of: Callable[[str], Plan]) -> Handle | None:
        """Take over an execution that nobody runs; `None` if it is held, unknown, or over.

        `plan_of` gives the plan of a digest.
        """
        lease = await self._journal.claim(execution_id)
        if lease is None:
            return None
        state = fold(await self._journal.read(execution_id))
        if state.finished is not None:
            await self._journal.append(lease, [], _head_of(state))
            return None
        return self._run(plan_of(lease.digest), lease, state, is_resumed=True)

    async def outcome_of(self, execution_id: str) -> Outcome:
        """Return what the journal says of an execution.

        Raises:
            NotFoundError: there is no such execution.
        """
        state = fold(await self._journal.read(execution_id))
        if state.started is None:
            msg = f"no execution {execution_id!r}"
            raise NotFoundError(msg)
        return outcome_of(state, self.payloads)

    def _run(
        self, plan: Plan, lease: Lease, state: ExecutionState, *, is_resumed: bool = False
    ) -> Handle:
        chronicle = Chronicle(
            self._journal,
            lease,
            state,
            clock=self._world.clock,
            listeners=self._listeners,
            is_buffered=plan.workflow.settings.durability == "execution",
        )
        if is_resumed:
            chronicle.note(ExecutionResumed(), head=Head("running"))
        run = Run(self._world, plan, chronicle)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        finishing = self._finish(lease, run, outcome)
        self._running[lease.execution_id] = (lease, run)
        self._keep(self._group.create_task(finishing, name=lease.execution_id))
        return Handle(lease.execution_id, run, outcome)

    def _keep(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, lease: Lease, run: Run, outcome: "asyncio.Future[Outcome]") -> None:
        """Run to the end and tell whoever waits; a failure of one run never reaches the others."""
        try:
            outcome.set_result(await run.go())
        except asyncio.CancelledError:
            outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # told to whoever waits for the outcome
            cause = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
            facts = {"execution_id": lease.execution_id}
            logger.warning("an execution was left: %s", cause, extra=facts)
            outcome.set_exception(cause)
            outcome.exception()  # looked at here, so that nobody warns where no one waits
        finally:
            self._running.pop(lease.execution_id, None)

    async def _keep_leases(self) -> None:
        while True:
            await self._world.clock.sleep(self._lease_poll)
            leases = [lease for lease, _ in self._running.values()]
            if not leases:
                continue
            try:
                signals = await self._journal.renew(leases)
            except StoreError:
                logger.warning("could not renew %d leases", len(leases), exc_info=True)
                continue
            for signal in signals:
                if signal.execution_id in self._running:
                    self._running[signal.execution_id][1].deliver(signal)


def _trigger_of(plan: Plan, name: str) -> str:
    triggers = [step.id for step in plan.triggers]
    if name and name not in triggers:
        msg = f"{plan.workflow.id} has no trigger {name!r}; it has: {', '.join(triggers)}"
        raise NotFoundError(msg)
    manual = [step.id for step in plan.triggers if step.type.kind == "trigger.manual"]
    return name or (manual or triggers)[0]


def _opening(plan: Plan, start: Start, trigger: str) -> ExecutionStarted:
    return ExecutionStarted(
        workflow_id=plan.workflow.id,
        digest=plan.digest,
        trigger=trigger,
        durability=plan.workflow.settings.durability,
        key=start.key,
        user=start.user,
        session=start.session,
        chat=start.chat,
    )


def _summary(event: ExecutionStarted, at: int) -> NewExecution:
    return NewExecution(
        id=new_id(),
        workflow_id=event.workflow_id,
        digest=event.digest,
        trigger=event.trigger,
        created_at=at,
        key=event.key,
        user=event.user,
        session=event.session,
        chat=event.chat,
    )


def _head_of(state: ExecutionState) -> Head:
    finished = state.finished
    if finished is None:
        return Head("running")
    title = finished.error.title if finished.error else ""
    return Head(finished.status, finished_at=state.last_at, error=title)
