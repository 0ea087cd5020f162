"""Steps that a crash cut off and that ask whether they may run again."""

import json
from typing import Literal

import msgspec

from flowforge_lab.errors import NotFoundError
from flowforge_lab.store import StoreJournal

from .executions import Executions

Decision = Literal["rerun", "fail"]
_ASKED = "crash"


class CutOff(msgspec.Struct, frozen=True):
    """A visit that was under way when its engine died."""

    execution_id: str
    workflow_id: str
    node: str
    visit: int


class Crashes:
    """What `on_crash: ask` asks, and the answers."""

    def __init__(self, journal: StoreJournal, executions: Executions) -> None:
        self._journal = journal
        self._executions = executions

    async def all(self) -> list[CutOff]:
        """Return the visits that wait for a decision, by execution."""
        waits = await self._journal.find_waits(prefix=f"{_ASKED}:")
        found = []
        for wait in sorted(waits, key=lambda one: (one.execution_id, one.visit)):
            state = await self._executions.state(wait.execution_id)
            head = await self._executions.get(wait.execution_id)
            node = state.visits[wait.visit].node
            found.append(CutOff(wait.execution_id, head.workflow_id, node, wait.visit))
        return found

    async def decide(self, execution_id: str, decision: Decision, *, visit: int = 0) -> str:
        """Say whether a visit runs again or fails, let its execution go on, and return the execution's id.

        Without `visit` every visit of the execution that asks is meant.

        Raises:
            NotFoundError: nothing in it asks.
        """
        head = await self._executions.get(execution_id)
        keys = [
            wait.key
            for wait in await self._journal.find_waits(execution_id=head.id)
            if wait.key.startswith(f"{_ASKED}:") and visit in {0, wait.visit}
        ]
        if not keys:
            msg = f"execution {head.id} ({head.status}) does not ask about a crash"
            raise NotFoundError(msg)
        for key in keys:
            await self._journal.answer(key, json.dumps(decision))
        await self._executions.resume(head.id)
        return head.id
