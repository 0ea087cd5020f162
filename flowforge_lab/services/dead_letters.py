"""Failed executions that nobody has seen to: started anew, or dismissed, many at once."""

import asyncio
from collections.abc import Sequence
from typing import Literal

import msgspec

from flowforge_lab.engine import Start
from flowforge_lab.errors import ConflictError, FlowForgeError, NotFoundError
from flowforge_lab.store import Catalogue, StoreJournal

from .executions import Executions
from .workflows import Workflows

Version = Literal["same", "newest"]
_AT_ONCE = 16


class Retried(msgspec.Struct, frozen=True):
    """What became of one wish to start a failed execution anew; `problem` says why it was not."""

    execution_id: str
    retried_as: str = ""
    problem: str = ""


class DeadLetters:
    """The dead letters of one lab. A letter is retried once, whoever asks for it at the same time."""

    def __init__(
        self,
        journal: StoreJournal,
        executions: Executions,
        workflows: Workflows,
        *,
        catalogue: Catalogue,
    ) -> None:
        self._journal = journal
        self._executions = executions
        self._workflows = workflows
        self._catalogue = catalogue

    async def retry(
        self, execution_ids: Sequence[str], *, version: Version = "same"
    ) -> list[Retried]:
        """Start each anew with what it was started with, and return what became of each, in order.

        It runs the version it ran, or the `newest` of its workflow. One that cannot be started does not
        stop the rest.
        """
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(execution_id: str) -> Retried:
            async with room:
                try:
                    return Retried(execution_id, await self._restart(execution_id, version))
                except FlowForgeError as error:
                    return Retried(execution_id, problem=str(error))

        return list(await asyncio.gather(*map(one, dict.fromkeys(execution_ids))))

    async def dismiss(
        self, execution_ids: Sequence[str], *, by: str = "", reason: str = ""
    ) -> list[str]:
        """Take letters off the list, and return the ids of those that were on it."""
        return await self._journal.dismiss(execution_ids, by=by, reason=reason)

    async def _restart(self, execution_id: str, version: Version) -> str:
        head = await self._executions.get(execution_id)
        if head.status != "failed":
            msg = f"execution {head.id} is {head.status}, and only a failed one is a dead letter"
            raise ConflictError(msg)
        digest = head.digest
        if version == "newest":
            listed = await self._catalogue.find_workflow(head.workflow_id)
            digest = "" if listed is None else listed.latest_digest
        if not digest:
            msg = f"workflow {head.workflow_id!r} has no valid version"
            raise NotFoundError(msg)
        plan = await self._workflows.plan(digest)
        started = await self._executions.start_plan(plan, await self._start_of(head.id))
        if started.status == "known":
            msg = f"it was started anew before, as {started.execution_id}"
            raise ConflictError(msg)
        if started.status == "dropped":
            msg = f"{head.workflow_id} has as many executions as it may have, and drops one more"
            raise ConflictError(msg)
        return started.execution_id

    async def _start_of(self, execution_id: str) -> Start:
        """Return the start of an execution once more; its key admits one retry, wherever it is asked for."""
        before = await self._executions.start_of(execution_id)
        key = f"retry:{execution_id}"
        return msgspec.structs.replace(before, key=key, key_until=None, origin=execution_id)
