"""Executions that wait, moved to another version of their workflow."""

import asyncio
from typing import Literal

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.engine import MIGRATE, Payloads, obstacles
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.events import MigrationRefused, fold
from flowforge_lab.plan import Plan
from flowforge_lab.store import ExecutionHead, StoreJournal

from .executions import Executions
from .versions import Versions
from .workflows import Source, Workflows

_MOVABLE = ("waiting", "paused", "queued")
_AT_ONCE = 50
_PAGE = 1000
_PATIENCE_SECONDS = 10.0


class Migration(msgspec.Struct, frozen=True):
    """What became of the wish to move one execution; `reasons` say what speaks against it.

    `moved`: it runs the new version now. `asked`: it will be taken over when it runs next. `possible`: it
    could be moved (nothing was done). `refused`: it stays. `same`: it runs that version already.
    """

    execution_id: str
    workflow_id: str
    old: str
    new: str
    outcome: Literal["moved", "asked", "possible", "refused", "same"]
    reasons: tuple[str, ...] = ()


class Migrations:
    """Moves executions of one lab to other versions."""

    def __init__(
        self,
        journal: StoreJournal,
        executions: Executions,
        workflows: Workflows,
        *,
        versions: Versions,
        payloads: Payloads,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._executions = executions
        self._workflows = workflows
        self._versions = versions
        self._payloads = payloads
        self._clock = clock

    async def one(
        self, execution_id: str, to: str, *, by: str = "", is_trial: bool = False
    ) -> Migration:
        """Move one execution to the version `to` of its workflow; with `is_trial` only say if it could be.

        Raises:
            NotFoundError: there is no such execution or version.
        """
        head = await self._executions.get(execution_id)
        version = await self._versions.find(head.workflow_id, to)
        return await self._move(head, version.digest, by=by, is_trial=is_trial)

    async def all(
        self, workflow: Source, to: str, *, by: str = "", is_trial: bool = False
    ) -> list[Migration]:
        """Move every execution of a workflow that waits, is paused or queued in another version.

        Raises:
            NotFoundError: there is no such workflow or version.
        """
        version = await self._versions.find(workflow, to)
        heads = await self._waiting(version.workflow_id, but=version.digest)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def move(head: ExecutionHead) -> Migration:
            async with slots:
                return await self._move(head, version.digest, by=by, is_trial=is_trial)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(move(head)) for head in heads]
        return [task.result() for task in tasks]

    async def _waiting(self, workflow_id: str, *, but: str) -> list[ExecutionHead]:
        """Return the executions that could be moved, oldest first."""
        found: list[ExecutionHead] = []
        before = ""
        while page := await self._journal.list_heads(
            status=_MOVABLE, workflow_id=workflow_id, limit=_PAGE, before=before
        ):
            found += [head for head in page if head.digest != but]
            before = page[-1].id
        return found[::-1]

    async def _move(
        self, head: ExecutionHead, digest: str, *, by: str, is_trial: bool
    ) -> Migration:
        told = Migration(head.id, head.workflow_id, head.digest, digest, "possible")
        if head.digest == digest:
            return msgspec.structs.replace(told, outcome="same")
        reasons = await self._reasons(head, digest)
        if reasons:
            return msgspec.structs.replace(told, outcome="refused", reasons=reasons)
        return told if is_trial else await self._ask(told, head, by=by)

    async def _reasons(self, head: ExecutionHead, digest: str) -> tuple[str, ...]:
        """Return what speaks against the move as things stand; the engine looks once more when it moves."""
        if head.is_finished:
            return (f"it is over: {head.status}",)
        if head.status not in _MOVABLE:
            return ("it runs at the moment; wait until it waits, or pause it",)
        try:
            new = await self._workflows.plan(digest)
        except FlowForgeError as error:
            return (str(error),)
        state = fold(await self._journal.read(head.id))
        old = await self._old_plan(head.digest)
        return await asyncio.to_thread(obstacles, state, old, new, payloads=self._payloads)

    async def _old_plan(self, digest: str) -> Plan | None:
        try:
            return await self._workflows.plan(digest)
        except FlowForgeError:
            return None

    async def _ask(self, told: Migration, head: ExecutionHead, *, by: str) -> Migration:
        """Leave the wish, see to it that somebody takes it, and tell what came of it."""
        payload = msgspec.json.encode({"digest": told.new, "by": by}).decode()
        seq = len(await self._journal.read(head.id))
        if not await self._journal.signal(head.id, MIGRATE, payload):
            return msgspec.structs.replace(told, outcome="refused", reasons=("it is over",))
        if head.status == "queued":  # it takes it when its turn comes
            return msgspec.structs.replace(told, outcome="asked")
        await self._executions.resume(head.id)
        return await self._came_of(told, seq)

    async def _came_of(self, told: Migration, seq: int) -> Migration:
        """Wait for what becomes of a wish that was left after the entry `seq`."""
        ends_at = self._clock.monotonic() + _PATIENCE_SECONDS
        pause = 0.005
        while self._clock.monotonic() < ends_at:
            found = await self._decided(told, seq)
            if found is not None:
                return found
            await self._clock.sleep(pause)
            pause = min(2 * pause, 0.2)
        return msgspec.structs.replace(told, outcome="asked")

    async def _decided(self, told: Migration, seq: int) -> Migration | None:
        head = await self._executions.get(told.execution_id)
        if head.digest == told.new:
            return msgspec.structs.replace(told, outcome="moved")
        for entry in (await self._journal.read(head.id))[seq:]:
            if isinstance(entry.event, MigrationRefused) and entry.event.digest == told.new:
                reasons = entry.event.reasons
                return msgspec.structs.replace(told, outcome="refused", reasons=reasons)
        if not head.is_finished:
            return None
        reason = (f"it came to its end meanwhile: {head.status}",)
        return msgspec.structs.replace(told, outcome="refused", reasons=reason)
