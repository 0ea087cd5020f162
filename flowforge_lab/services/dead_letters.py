"""Failed executions that nobody has seen to: started anew, or dismissed, many at once."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.errors import ConflictError, FlowForgeError, NotFoundError, PlanError
from flowforge_lab.store import StoreJournal

from .executions import Executions
from .restarting import NEWEST, SAME, Changes, Restarts

Begin = Literal["start", "failed"]
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
        restarts: Restarts,
        *,
        audit: Audit,
    ) -> None:
        self._journal = journal
        self._executions = executions
        self._restarts = restarts
        self._audit = audit

    async def retry(
        self,
        execution_ids: Sequence[str],
        *,
        version: str = SAME,
        begin: Begin = "start",
    ) -> list[Retried]:
        """Start each anew with what it was started with, and return what became of each, in order.

        It begins at its start, or at the step that `failed` with what was done before. It runs the version
        it ran, the `newest` of its workflow (the file as it is now), or one by its label or digest. One that
        cannot be started does not stop the rest. Where this raises, nothing was started.

        Raises:
            DocumentError: the newest of a workflow cannot be read as one.
            NotFoundError: a workflow has no version that is called so.
            PlanError: the version of a workflow is not valid.
            ValueError: `begin` is neither.
        """
        if begin not in get_args(Begin):
            msg = f"begin: expected one of {', '.join(get_args(Begin))}, found {begin!r}"
            raise ValueError(msg)
        digests = None if version == SAME else await self._digests(execution_ids, version)
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(execution_id: str) -> Retried:
            async with room:
                try:
                    return Retried(execution_id, await self._restart(execution_id, digests, begin))
                except FlowForgeError as error:
                    return Retried(execution_id, problem=str(error))

        return list(await asyncio.gather(*map(one, dict.fromkeys(execution_ids))))

    async def dismiss(
        self, execution_ids: Sequence[str], *, by: str = "", reason: str = ""
    ) -> list[str]:
        """Take letters off the list, and return the ids of those that were on it."""
        gone = await self._journal.dismiss(execution_ids, by=by, reason=reason)
        for id in gone:
            await self._audit.note("dead_letter.dismissed", id, after=reason or None)
        return gone

    async def _digests(self, execution_ids: Sequence[str], version: str) -> dict[str, str]:
        """Return which version that is of each workflow that failed, by its id.

        All letters of a workflow are retried with one version, also if its file changes meanwhile.
        """
        found: dict[str, str] = {}
        for id in dict.fromkeys(execution_ids):
            try:
                head = await self._executions.get(id)
            except NotFoundError:  # told of the letter, as what else keeps it back
                continue
            if head.status == "failed" and head.workflow_id not in found:
                found[head.workflow_id] = await self._digest(head.workflow_id, version)
        return found

    async def _digest(self, workflow_id: str, version: str) -> str:
        """Return the digest of a version; empty if the newest is asked for and there is none."""
        try:
            return (await self._restarts.plan(workflow_id, version)).digest
        except NotFoundError:
            if version != NEWEST:
                raise
            return ""
        except PlanError as error:
            whose = f"workflow {workflow_id!r} is not valid now"
            told = [
                msgspec.structs.replace(problem, message=f"{whose}: {problem.message}")
                for problem in error.problems
            ]
            raise PlanError(told) from error

    async def _restart(
        self, execution_id: str, digests: Mapping[str, str] | None, begin: Begin
    ) -> str:
        head = await self._executions.get(execution_id)
        if head.status != "failed":
            msg = f"execution {head.id} is {head.status}, and only a failed one is a dead letter"
            raise ConflictError(msg)
        place = await self._failed_step(head.id) if begin == "failed" else None
        wanted = SAME if digests is None else digests.get(head.workflow_id, "")
        if not wanted:
            msg = f"workflow {head.workflow_id!r} has no valid version"
            raise NotFoundError(msg)
        plan, start = await self._restarts.prepared(head.id, place, wanted, changes=Changes())
        # The key admits one retry, wherever it is asked for.
        start = msgspec.structs.replace(start, key=f"retry:{head.id}", key_until=None)
        started = await self._executions.start_plan(plan, start)
        if started.status == "known":
            msg = f"it was started anew before, as {started.execution_id}"
            raise ConflictError(msg)
        if started.status == "dropped":
            msg = f"{head.workflow_id} has as many executions as it may have, and drops one more"
            raise ConflictError(msg)
        begun = {"execution_id": started.execution_id}
        await self._audit.note("dead_letter.retried", head.id, after=begun)
        return started.execution_id

    async def _failed_step(self, execution_id: str) -> str:
        finished = (await self._executions.state(execution_id)).finished
        error = None if finished is None else finished.error
        if error is None or not error.node:
            why = "" if error is None else f" ({error.title})"
            msg = f"it failed at no step{why}: retry it from the start"
            raise ConflictError(msg)
        return error.node
