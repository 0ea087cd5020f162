"""Runs executions: starts them, takes over those that others left, keeps their leases, carries signals."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from flowforge_lab.errors import NotFoundError, StoreError
from flowforge_lab.events import Entry, ExecutionResumed, ExecutionStarted, ExecutionState, fold
from flowforge_lab.plan import Plan
from flowforge_lab.values import parse_rate

from .alarms import failure_of
from .chronicle import Chronicle
from .closing import head_of, outcome_of
from .migration import Course, PlanOf, set_course
from .opening import Start, open_execution
from .outcome import Outcome
from .payloads import Payloads
from .ports import Claimed, Head, Journal, Lease, Listener, Signal
from .run import Run
from .world import World

logger = logging.getLogger(__name__)


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

    def on_done(self, act: Callable[[], None]) -> None:
        """Have something done once this engine is done with it."""
        self._outcome.add_done_callback(lambda _outcome: act())

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


class Started(msgspec.Struct, frozen=True):
    """What became of a start: as `Admission` says, with the handle of an execution that runs here."""

    status: Literal["running", "queued", "known", "dropped", "refused"]
    execution_id: str
    handle: Handle | None = None


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
        self._coming = 0
        self._poke = asyncio.Event()
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

    async def come_to_rest(self, patience: float) -> None:
        """Let no visit begin any more, and those end, `patience` seconds at most, that a crash would fail."""
        await self._world.leaving.come_to_rest(patience)

    @property
    def free(self) -> int:
        """How many more executions this engine runs at once."""
        return max(self._world.limits.max_running - len(self._running) - self._coming, 0)

    @property
    def running(self) -> tuple[str, ...]:
        """The ids of the executions that this engine runs at the moment."""
        return tuple(self._running)

    def workflow_of(self, execution_id: str) -> str:
        """Return the workflow of an execution that runs here, else an empty text."""
        started = self._started(execution_id)
        return started.workflow_id if started else ""

    def trace_of(self, execution_id: str) -> str:
        """Return the traceparent with which an execution that runs here was started, else an empty text."""
        started = self._started(execution_id)
        return started.trace if started else ""

    def _started(self, execution_id: str) -> ExecutionStarted | None:
        held = self._running.get(execution_id)
        return held[1].started if held else None

    async def start(self, plan: Plan, start: Start | None = None) -> Started:
        """Journal a new execution and, unless it has to wait its turn, run it in the background.

        Raises:
            PlanError: the inputs do not fit.
            NotFoundError: the workflow has no such trigger.
            ExpressionError: the key of its concurrency cannot be evaluated.
            StoreError: the start could not be journaled; nothing runs.
        """
        is_full = not self.free
        with self._place():
            return await self._start(plan, start or Start(), is_full=is_full)

    async def _start(self, plan: Plan, start: Start, *, is_full: bool) -> Started:
        opening = await open_execution(self._world, plan, start, payloads=self.payloads)
        is_left = is_full or start.is_queued or start.not_before is not None
        head = Head("queued", wake_at=start.not_before) if is_left else Head("running")
        head, give_back = self._turn_of(plan, head)
        admission = await self._journal.start(opening.new, opening.entries, head)
        if admission.status in {"known", "dropped", "refused"}:
            give_back()
        if admission.status == "refused":
            refused = opening.refused(self._world.clock.stamp())
            state = fold(refused.entries)
            if state.finished is not None and state.finished.error is not None:
                await self._world.alarm(failure_of(plan, state, state.finished.error))
            await self._journal.start(refused.new, refused.entries, refused.head)
            self._tell(refused.entries)
            return Started("refused", refused.new.id)
        if admission.status in {"running", "queued"}:
            self._tell(opening.entries)
        handle = None
        if admission.lease is not None:
            chronicle = self._chronicle(plan, admission.lease, fold(opening.entries))
            handle = self._run(plan, admission.lease, chronicle)
        return Started(admission.status, admission.execution_id, handle)

    def _turn_of(self, plan: Plan, head: Head) -> tuple[Head, Callable[[], None]]:
        """Return the head of a start at the rate its workflow allows, and a way to give its turn back."""
        text = plan.workflow.settings.rate
        if not text:
            return head, _nothing
        pacer, rate, key = self._world.clients.pacer, parse_rate(text), f"start:{plan.workflow.id}"
        delay = pacer.reserve(key, rate)
        if delay:
            turn_at = self._world.clock.stamp() + int(delay * 1e6)
            head = Head("queued", wake_at=max(turn_at, head.wake_at or 0))
        return head, partial(pacer.give_back, key, rate)

    def _tell(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            for listener in self._listeners:
                listener(entry)

    async def resume(self, execution_id: str, plan_of: PlanOf) -> Handle | None:
        """Take over an execution that nobody runs; `None` if it is held, unknown, or over.

        `plan_of` gives the plan of a digest. A wish for another version is granted or refused here.

        Raises:
            FlowForgeError: it cannot go on, as where the version it runs is gone.
        """
        found = (await self.resume_all([execution_id], plan_of)).get(execution_id)
        if isinstance(found, Exception):
            raise found
        return found

    async def resume_all(
        self, execution_ids: Sequence[str], plan_of: PlanOf
    ) -> dict[str, Handle | Exception]:
        """Take over many in one trip; return for each that is ours now its handle, or why it cannot go on."""
        with self._place(len(execution_ids)):
            claimed = await self._journal.claim(execution_ids)
            found = [
                (one.lease.execution_id, await self._take_up(one, plan_of)) for one in claimed
            ]
        return {name: one for name, one in found if one is not None}

    async def _take_up(self, claimed: Claimed, plan_of: PlanOf) -> Handle | Exception | None:
        if claimed.problem is not None:
            return claimed.problem
        try:
            state = fold(claimed.entries)
            if state.finished is not None:
                head = head_of(state.finished, state.last_at)
                await self._journal.append(claimed.lease, [], head)
                return None
            course = await set_course(state, claimed.signals, plan_of, payloads=self.payloads)
            return self._go_on(course, claimed.lease, state, signals=claimed.signals)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one must not stop the others
            return error

    @contextmanager
    def _place(self, count: int = 1) -> Iterator[None]:
        """Keep places for executions that are about to run here."""
        self._coming += count
        try:
            yield
        finally:
            self._coming -= count

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

    def _go_on(
        self, course: Course, lease: Lease, state: ExecutionState, *, signals: Sequence[Signal]
    ) -> Handle:
        """Run an execution that was taken over; `signals` are what was wished for meanwhile."""
        chronicle = self._chronicle(course.plan, lease, state)
        for wish in course.taken:
            chronicle.take(wish)
        chronicle.note(ExecutionResumed(), *course.events, head=Head("running"))
        return self._run(course.plan, lease, chronicle, signals=signals)

    def _chronicle(self, plan: Plan, lease: Lease, state: ExecutionState) -> Chronicle:
        return Chronicle(
            self._journal,
            lease,
            state,
            clock=self._world.clock,
            listeners=self._listeners,
            is_buffered=plan.workflow.settings.durability == "execution",
        )

    def _run(
        self, plan: Plan, lease: Lease, chronicle: Chronicle, *, signals: Sequence[Signal] = ()
    ) -> Handle:
        """Run an execution in the background."""
        run = Run(self._world, plan, chronicle, group=self._group)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        finishing = self._finish(lease, run, outcome, signals=signals)
        self._running[lease.execution_id] = (lease, run)
        self._keep(self._group.create_task(finishing, name=lease.execution_id))
        return Handle(lease.execution_id, run, outcome)

    def _keep(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(
        self,
        lease: Lease,
        run: Run,
        outcome: "asyncio.Future[Outcome]",
        *,
        signals: Sequence[Signal],
    ) -> None:
        """Run to the end and tell whoever waits; a failure of one run never reaches the others."""
        try:
            outcome.set_result(await run.go(signals))
        except asyncio.CancelledError:
            outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # told to whoever waits for the outcome
            facts = {"execution_id": lease.execution_id}
            logger.warning("an execution was left: %s", error, extra=facts)
            outcome.set_exception(error)
            outcome.exception()  # looked at here, so that nobody warns where no one waits
        finally:
            self._running.pop(lease.execution_id, None)
            run.let_go()

    def poke(self) -> None:
        """Fetch signals now, and not only at the next renewal of the leases."""
        self._poke.set()

    async def _keep_leases(self) -> None:
        while True:
            timer = self._group.create_task(self._world.clock.sleep(self._lease_poll))
            timer.add_done_callback(self._ring)
            try:
                await self._poke.wait()
            finally:
                timer.cancel()
            self._poke.clear()
            await self._renew()

    def _ring(self, timer: asyncio.Task[None]) -> None:
        if not timer.cancelled():  # or each poke would ring the next one
            self._poke.set()

    async def _renew(self) -> None:
        leases = [lease for lease, _ in self._running.values()]
        if not leases:
            return
        try:
            signals = await self._journal.renew(leases)
        except StoreError:
            logger.warning("could not renew %d leases", len(leases), exc_info=True)
            return
        for signal in signals:
            if signal.execution_id in self._running:
                self._running[signal.execution_id][1].deliver(signal)


def _nothing() -> None:
    """Give back what was not taken."""
