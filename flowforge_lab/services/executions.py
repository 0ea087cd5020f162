"""Executions: started, awaited over their waits, resumed, cancelled, looked at."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Engine, Handle, Outcome, Start, Started
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.events import Entry, ExecutionState, fold
from flowforge_lab.plan import Plan
from flowforge_lab.spec import did_you_mean
from flowforge_lab.store import Due, ExecutionHead, StoreJournal

from .moments import microseconds
from .steps import StepView, view_steps
from .stopping import Stopping
from .turns import Turns, left_in_slot
from .workflows import Source, Workflows

_LOOK_SECONDS = 0.5
_GLANCE_SECONDS = 0.05
_MANY = 100
_TIMED = frozenset(("waiting", "queued"))


class Executions:
    """The executions of one lab."""

    def __init__(
        self,
        engine: Engine,
        journal: StoreJournal,
        workflows: Workflows,
        *,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._workflows = workflows
        self._clock = clock
        self._audit = audit
        self._handles: dict[str, Handle] = {}
        self._max_handles = _MANY
        self._turns = Turns(journal, clock, self.take_over)
        self._stopping = Stopping(journal, engine.poke, self._claim_all)
        self.is_queueing = False
        """Whether what is started here is left to the queue; set by the host."""

    async def start(self, source: Source, start: Start | None = None) -> str:
        """Journal an execution of a workflow as it is now, and return its id.

        It runs in the background, or waits its turn where its workflow has as many as it may have.

        Raises:
            PlanError: the workflow or its inputs are not valid; nothing was started.
            ConflictError: its key was used before, or the workflow drops what is over its limit.
        """
        plan = await self._workflows.register(await self._workflows.read(source))
        return await self.begin(plan, start or Start())

    async def begin(self, plan: Plan, start: Start) -> str:
        """Journal an execution of a plan, and return its id; its key is one of its workflow.

        Raises:
            ConflictError: its key was used before, or the workflow drops what is over its limit.
        """
        started = await self.start_plan(plan, start.keyed_to(plan.workflow.id))
        if started.status == "known":
            what = f"an execution of {plan.workflow.id} with the key {start.key!r}"
            msg = f"{what} was started before: {started.execution_id}"
            raise ConflictError(msg)
        if started.status == "dropped":
            msg = f"{plan.workflow.id} has as many executions as it may have, and drops one more"
            raise ConflictError(msg)
        return started.execution_id

    async def start_plan(self, plan: Plan, start: Start | None = None) -> Started:
        """Start an execution of a plan; its status says whether it runs, waits, or is not there."""
        start = start or Start()
        if self.is_queueing:
            start = msgspec.structs.replace(start, is_queued=True)
        started = await self._engine.start(plan, start)
        if started.handle is not None:
            self._held(started.handle)
        elif started.status == "queued" and not start.is_queued:
            self._turns.add(started.execution_id)
        return started

    async def run_turns(self) -> None:
        """Run what was queued here when its turn comes, until cancelled."""
        await self._turns.run(lambda: self.free)

    def _held(self, handle: Handle) -> Handle:
        if len(self._handles) >= self._max_handles:
            self._handles = {id: held for id, held in self._handles.items() if not held.is_done}
            self._max_handles = max(_MANY, 2 * len(self._handles))
        self._handles[handle.execution_id] = handle
        handle.on_done(self._turns.look)
        return handle

    async def wait(self, execution_id: str, *, is_patient: bool = True) -> Outcome:
        """Return how an execution ended or that it is paused, whoever runs it.

        A wait in it is waited for here, unless `is_patient` is false: then it comes back as waiting.

        Raises:
            NotFoundError: there is no such execution.
            StoreError: the journal failed under this engine.
        """
        while True:
            handle = self._handles.get(execution_id)
            if handle is not None:
                outcome = await handle.outcome()
                self._handles.pop(execution_id, None)
                if outcome.status not in {"waiting", "paused"}:
                    return await self._seen_off(outcome)
            head = await self._journal.find_head(execution_id)
            if head is None or head.is_finished:
                return await self._seen_off(await self._engine.outcome_of(execution_id))
            if head.status == "paused" and head.wake_at is None:
                return Outcome(execution_id, "paused")
            if not is_patient and await self._does_nothing(head):
                return Outcome(execution_id, "waiting", wake_at=head.wake_at)
            await self._see_to(head)

    async def _see_to(self, head: ExecutionHead) -> None:
        """Let some time go by, and go on here with what nobody runs, unless that is for the queue."""
        if self.is_queueing:
            await self._clock.sleep(_GLANCE_SECONDS)
            return
        await self._sleep_towards(head)
        await self._go_on_with_children(head.id)
        if await self.resume(head.id) is None and head.status == "queued":
            await self._let_ahead(head)

    async def settle(self, patience: float) -> bool:
        """Wait until nothing runs here any more, `patience` seconds at most; say whether that is so."""
        try:
            async with asyncio.timeout(patience):
                while running := [one for one in self._handles.values() if not one.is_done]:
                    await asyncio.gather(
                        *(one.outcome() for one in running), return_exceptions=True
                    )
        except TimeoutError:
            return False
        return True

    async def _does_nothing(self, head: ExecutionHead) -> bool:
        """Whether an execution waits for something other than the executions it has started."""
        if head.status != "waiting":
            return False
        if head.wake_at is not None and head.wake_at <= microseconds(self._clock.now()):
            return False
        children = await self._journal.children_of(head.id)
        still = [child for child in children if not child.is_finished]
        return all(
            [child.status == "paused" or await self._does_nothing(child) for child in still]
        )

    async def _let_ahead(self, waiting: ExecutionHead) -> None:
        """Run what is before a queued one, or was left in its slot: there may be no host to do so."""
        due = await self.due()
        turns = [
            one for one in due if one.reason == "queued" and one.workflow_id == waiting.workflow_id
        ]
        await self.take_over([*await left_in_slot(self._journal, due, waiting), *turns])

    async def _seen_off(self, outcome: Outcome) -> Outcome:
        """Let the children that an execution awaited end with it, where nobody else would."""
        if outcome.status != "succeeded":
            await self._go_on_with_children(outcome.execution_id)
        return outcome

    async def _go_on_with_children(self, execution_id: str) -> None:
        """Go on with what is due of the executions that this one has started, and of theirs."""
        for head in await self._journal.children_of(execution_id):
            if not head.is_finished:
                if head.id not in self._handles or self._handles[head.id].is_done:
                    await self.resume(head.id)
                await self._go_on_with_children(head.id)

    async def _sleep_towards(self, head: ExecutionHead) -> None:
        if head.wake_at is None:
            is_quiet = head.status == "waiting" and all(
                one.is_done for one in self._handles.values()
            )
            await self._clock.sleep(_LOOK_SECONDS if is_quiet else _GLANCE_SECONDS)
            return
        left = (head.wake_at - microseconds(self._clock.now())) / 1e6
        if left > 0 or head.status not in {"waiting", "paused"}:
            await self._clock.sleep(min(max(left, _GLANCE_SECONDS), _LOOK_SECONDS))

    async def resume(self, execution_id: str) -> Handle | None:
        """Take over an execution that is due and that nobody runs; `None` where that is not so.

        What is queued starts only where there is room here for one more. Where everything is left to the
        queue, this is as well.

        Raises:
            NotFoundError: there is no such execution.
        """
        head = await self.get(execution_id)
        return None if self.is_queueing else await self._resume(head)

    async def take_up(self, execution_id: str) -> Handle | None:
        """Go on with an execution that the queue gave us, as `resume` does; `None` if there is none."""
        head = await self._journal.find_head(execution_id)
        return None if head is None else await self._resume(head)

    async def _resume(self, head: ExecutionHead) -> Handle | None:
        if not self._is_due(head) or (head.status == "queued" and not self.free):
            return None
        return await self._claim(head.id)

    def _is_due(self, head: ExecutionHead) -> bool:
        now = microseconds(self._clock.now())
        if head.status == "paused" and (head.wake_at is None or head.wake_at > now):
            return False
        if head.status == "waiting" and head.wake_at is None:
            return False
        is_timed = head.status in _TIMED and head.wake_at is not None and head.wake_at > now
        return not head.is_finished and not is_timed

    async def _claim(self, execution_id: str) -> Handle | None:
        handle = await self._engine.resume(execution_id, self._workflows.plan)
        return None if handle is None else self._held(handle)

    async def take_over(self, due: Sequence[Due]) -> dict[str, Handle | Exception]:
        """Go on with what the store called due, as much as there is room for.

        Returns for each that is here now its handle, or why it cannot go on.
        """
        return await self._claim_all([one.execution_id for one in due[: self._engine.free]])

    async def _claim_all(self, names: Sequence[str]) -> dict[str, Handle | Exception]:
        found = await self._engine.resume_all(names, self._workflows.plan) if names else {}
        for handle in found.values():
            if isinstance(handle, Handle):
                self._held(handle)
        return found

    @property
    def free(self) -> int:
        """How many more executions run here at once."""
        return self._engine.free

    async def due(self, *, limit: int = _MANY, patience: float = 0.0) -> list[Due]:
        """Return the executions that somebody should go on with: cut off, woken, or queued.

        A runner that died is missed only after some seconds; `patience` is how many to wait for those
        that are still held.
        """
        ends_at = self._clock.monotonic() + patience
        while True:
            found = await self._journal.due(microseconds(self._clock.now()), limit)
            if self._clock.monotonic() >= ends_at:
                return found
            known = {due.execution_id for due in found} | set(self._handles)
            running = await self._journal.list_heads(status=["running"], limit=1000)
            if all(head.id in known for head in running):
                return found
            await self._clock.sleep(_LOOK_SECONDS)

    async def cancel(self, execution_id: str, *, reason: str = "") -> None:
        """Ask whoever runs the execution to stop it, and what it awaits; what nobody runs is ended here.

        What can end at once has ended when this returns.

        Raises:
            NotFoundError: there is no such execution.
            ConflictError: it is over already.
        """
        head = await self.get(execution_id)
        if not await self._journal.signal(execution_id, "cancel", reason):
            msg = f"execution {execution_id} is over already: {head.status}"
            raise ConflictError(msg)
        await self._audit.note(
            "execution.cancel", head.id, before=head.status, after=reason or None
        )
        running = [one for one in self._handles.values() if not one.is_done]
        await self._stopping.see_off(head.id, {one.execution_id: one for one in running})

    async def get(self, execution_id: str) -> ExecutionHead:
        """Return the summary of an execution; where only one fits, the start or the end of its id is enough.

        Raises:
            NotFoundError: none fits, or several do.
        """
        found = await self._journal.find_head(execution_id)
        if found is not None:
            return found
        recent = await self._journal.list_heads(limit=1000)
        near_by = recent if execution_id else []
        fitting = [
            head
            for head in near_by
            if head.id.startswith(execution_id) or head.id.endswith(execution_id)
        ]
        if len(fitting) == 1:
            return fitting[0]
        near = did_you_mean(execution_id, [head.id for head in recent])
        what = "several executions fit" if fitting else "there is no execution"
        msg = f"{what} {execution_id!r}" + (f"; {near}" if near else "")
        raise NotFoundError(msg)

    async def recent(
        self, *, status: Sequence[str] = (), workflow_id: str = "", limit: int = 20
    ) -> list[ExecutionHead]:
        """Return summaries, the newest first."""
        return await self._journal.list_heads(status=status, workflow_id=workflow_id, limit=limit)

    async def entries(self, execution_id: str) -> list[Entry]:
        """Return every journal entry of an execution, in order."""
        return await self._journal.read(execution_id)

    async def state(self, execution_id: str) -> ExecutionState:
        """Return where an execution stands, as its journal says."""
        return fold(await self.entries(execution_id))

    async def outcome(self, execution_id: str) -> Outcome:
        """Return how an execution stands or ended, as its journal says."""
        return await self._engine.outcome_of(execution_id)

    async def inputs(self, execution_id: str) -> dict[str, Any]:
        """Return what an execution was started with."""
        return (await self._given(execution_id))[0]

    async def payload(self, execution_id: str) -> dict[str, Any]:
        """Return what the trigger of an execution brought."""
        return (await self._given(execution_id))[1]

    async def _given(self, execution_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        started = (await self.state(execution_id)).started
        forms = ({}, {}) if started is None else (started.inputs, started.payload)
        unpack = self._engine.payloads.unpack
        inputs, payload = await asyncio.to_thread(lambda: tuple(map(unpack, forms)))
        return inputs, payload

    async def steps(self, execution_id: str) -> list[StepView]:
        """Return each visit with what went in, what came out, and its log, in order of their start.

        Those that it took over from the execution it repeats come first, with that as their `origin`.
        """
        entries = await self.entries(execution_id)
        return await asyncio.to_thread(view_steps, entries, self._engine.payloads.unpack)
