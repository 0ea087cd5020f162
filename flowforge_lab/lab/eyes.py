"""The lab behind a viewer: shows its executions, and does to them what a person wants."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowforge_lab.errors import ConflictError
from flowforge_lab.events import Entry
from flowforge_lab.expressions import Compiled
from flowforge_lab.nodes import ADDRESSED
from flowforge_lab.spec import Workflow
from flowforge_lab.store import ExecutionHead

from .loop import LoopThread
from .notebooks import going_on_of
from .parts import Parts

_RECENT = 50


class LabEyes:
    """Implements `services.Eyes` for one lab; what is done is done in the name of `by`."""

    def __init__(self, parts: Parts, loop: LoopThread, *, by: str = "") -> None:
        self._parts = parts
        self._loop = loop
        self._by = by

    def head(self, execution_id: str) -> ExecutionHead:
        """Return the summary of an execution."""
        return self._loop.run_sync(self._parts.executions.get(execution_id))

    def read(self, execution_id: str) -> Sequence[Entry]:
        """Return the journal of an execution so far."""
        return self._loop.run_sync(self._parts.executions.entries(execution_id))

    def follow(self, execution_id: str, reader: Callable[[Entry], None]) -> Callable[[], None]:
        """Call `reader` for what happens from now on.

        What this process runs is told by its feed, at once; the journal tells of what others run.
        """
        unsubscribe = self._parts.feed.subscribe(reader, execution_id=execution_id)
        after = self._loop.run_sync(self._parts.store.journal.position())
        work = self._follow(execution_id, reader, after)
        following = asyncio.run_coroutine_threadsafe(work, self._loop.loop)

        def stop() -> None:
            unsubscribe()
            following.cancel()

        return stop

    async def _follow(
        self, execution_id: str, reader: Callable[[Entry], None], after: int
    ) -> None:
        journal = self._parts.store.journal
        async for recorded in journal.follow(after=after, execution_id=execution_id):
            reader(recorded.entry)

    def workflow(self, digest: str) -> Workflow:
        """Return the workflow as it was in a version."""
        return self._loop.run_sync(self._parts.workflows.plan(digest)).workflow

    def unpack(self, form: Any) -> Any:
        """Return the value of a journal form."""
        return self._parts.engine.payloads.unpack(form)

    def render(self, compiled: Compiled, scope: Mapping[str, Any]) -> Any:
        """Return what an expression gives."""
        return self._loop.run_sync(self._parts.evaluator.render(compiled, scope))

    def kin(self, execution_id: str) -> Sequence[ExecutionHead]:
        """Return the executions that this one started, and those that repeat it."""
        return self._loop.run_sync(self._kin(execution_id))

    async def _kin(self, execution_id: str) -> list[ExecutionHead]:
        journal = self._parts.store.journal
        own = await journal.get_head(execution_id)
        recent = await journal.list_heads(workflow_id=own.workflow_id, limit=_RECENT)
        repeated = [head for head in recent if head.origin == own.id]
        return [*await journal.children_of(execution_id), *repeated]

    def recent(self, workflow_id: str) -> Sequence[ExecutionHead]:
        """Return the newest executions of a workflow."""
        asked = self._parts.executions.recent(workflow_id=workflow_id, limit=_RECENT)
        return self._loop.run_sync(asked)

    def ways(self, execution_id: str) -> Sequence[Mapping[str, Any]]:
        """Return how an execution can go on where it stopped, as JSON values."""
        ways = self._loop.run_sync(going_on_of(self._parts).ways(execution_id))
        return [one.told() for one in ways]

    def steer(self, execution_id: str, deed: str, **given: Any) -> str:
        """Do something to an execution; return the id of the one that came of it, if any."""
        deeds: Mapping[str, Callable[..., Any]] = {
            "pause": self._pause,
            "go_on": self._go_on,
            "cancel": self._cancel,
            "variable": self._variable,
            "outputs": self._outputs,
            "breakpoints": self._breakpoints,
            "fork": self._fork,
            "restart": self._restart,
            "resume": self._resume,
            "answer": self._answer,
        }
        return self._loop.run_sync(deeds[deed](execution_id, **given)) or ""

    async def _pause(self, id: str) -> None:
        await self._parts.operations.wishes.pause(id, by=self._by)

    async def _go_on(self, id: str, *, is_step: bool = False) -> None:
        await self._parts.operations.debugging.go_on(id, by=self._by, is_step=is_step)

    async def _cancel(self, id: str) -> None:
        await self._parts.executions.cancel(id, reason="cancelled in the viewer")

    async def _variable(self, id: str, *, name: str, value: Any) -> None:
        await self._parts.operations.debugging.set_variable(id, name, value, by=self._by)

    async def _outputs(self, id: str, *, visit: int, value: Any) -> None:
        await self._parts.operations.debugging.edit_outputs(id, visit, value, by=self._by)

    async def _breakpoints(self, id: str, *, breakpoints: Mapping[str, str]) -> None:
        await self._parts.operations.debugging.set_breakpoints(id, breakpoints, by=self._by)

    async def _fork(self, id: str, *, visit: int) -> str:
        return await self._parts.operations.restarts.fork(id, visit)

    async def _resume(self, id: str, *, how: str) -> str:
        return await going_on_of(self._parts).go_on(id, how)

    async def _answer(self, id: str, *, visit: int, value: Any) -> None:
        """Answer what a visit waits for under an address, as whoever knows the address could."""
        for wait in await self._parts.store.journal.find_waits(execution_id=id):
            if wait.visit == visit and wait.key.startswith(ADDRESSED):
                await self._parts.waits.answer(wait.key.removeprefix(ADDRESSED), value)
                return
        msg = "nothing waits here for an answer any more"
        raise ConflictError(msg)

    async def _restart(self, id: str) -> str:
        return await self._parts.operations.restarts.restart(id)
