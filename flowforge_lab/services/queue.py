"""The queue of a lab: what is due in the store, whether it is handed out, and what is left of it."""

from typing import Literal

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Handle, Outcome
from flowforge_lab.errors import ConflictError
from flowforge_lab.store import StoreJournal, Variable, VariableTable

from .executions import Executions

_SCOPE = "queue"  # beside the scopes that people see
_LOOK_SECONDS = 0.2
_KNOWN_SECONDS = 0.5
_TRIED = 16

QueueState = Literal["running", "paused"]
_READY = {("queued", ""), ("queued", "due"), ("waiting", "due"), ("paused", "due")}


class QueueStats(msgspec.Struct, frozen=True):
    """How many executions stand where, whoever runs them.

    `ready` may begin or go on now, also where their workflow has as many as it may have; `delayed` wait
    for a time; `waiting` for an answer or for another execution; `failed` are those nobody has seen to.
    """

    state: QueueState
    ready: int = 0
    running: int = 0
    delayed: int = 0
    waiting: int = 0
    paused: int = 0
    failed: int = 0


class Queue:
    """Kept in the store, so that all hosts and workers see the same."""

    def __init__(
        self,
        executions: Executions,
        journal: StoreJournal,
        table: VariableTable,
        *,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self._executions = executions
        self._journal = journal
        self._table = table
        self._clock = clock
        self._audit = audit
        self._looked_at = float("-inf")
        self._state: QueueState = "running"

    async def state(self) -> QueueState:
        """Return whether what is due is handed out."""
        kept = await self._table.find(_SCOPE, "", "state")
        self._state = "running" if kept is None else "paused"
        self._looked_at = self._clock.monotonic()
        return self._state

    async def is_paused(self) -> bool:
        """Whether nothing is handed out; what was known half a second ago is good enough."""
        if self._clock.monotonic() - self._looked_at < _KNOWN_SECONDS:
            return self._state == "paused"
        return await self.state() == "paused"

    async def pause(self) -> None:
        """Hand out nothing more, also after a restart; what runs goes on. Nothing if it is paused."""
        await self._table.set(Variable(_SCOPE, "", "state", "paused", None))
        self._looked_at = float("-inf")
        await self._audit.note("queue.paused", "queue")

    async def resume(self) -> None:
        """Hand out again what is due; nothing if it is not paused."""
        await self._table.remove(_SCOPE, "", "state")
        self._looked_at = float("-inf")
        await self._audit.note("queue.resumed", "queue")

    async def stats(self) -> QueueStats:
        """Return how many executions stand where now."""
        counts = dict.fromkeys(QueueStats.__struct_fields__[1:], 0)
        for status, when, count in await self._journal.count_live(self._clock.stamp()):
            counts[_place(status, when)] += count
        return QueueStats(await self.state(), **counts)

    async def process(self) -> Outcome | None:
        """Run the next execution that is due, here, and return what became of it; `None` if none is.

        One that waits or was paused is returned as it is then. A paused queue gives none.
        """
        handle = await self.begin()
        return None if handle is None else await handle.outcome()

    async def begin(self) -> Handle | None:
        """Begin with the next execution that is due, here, and wait for nothing; `None` if none is."""
        if await self.state() == "paused":
            return None
        for due in await self._executions.due(limit=_TRIED):
            for found in (await self._executions.take_over([due])).values():
                if isinstance(found, Exception):
                    raise found
                return found
        return None

    async def drain(self, *, patience: float | None = None) -> QueueStats:
        """Return once nothing is ready or running; hosts and workers do the work.

        Raises:
            ConflictError: the queue is paused and something is ready, or `patience` seconds are over.
        """
        ends_at = float("inf") if patience is None else self._clock.monotonic() + patience
        while True:
            stats = await self.stats()
            if not stats.ready and not stats.running:
                return stats
            left = f"{stats.ready} executions are ready and {stats.running} run"
            if stats.state == "paused" and not stats.running:
                msg = f"the queue is paused: {left}"
                raise ConflictError(msg)
            if self._clock.monotonic() >= ends_at:
                msg = f"the queue is not empty after {patience:g} s: {left}"
                raise ConflictError(msg)
            await self._clock.sleep(_LOOK_SECONDS)


def _place(status: str, when: str) -> str:
    if (status, when) in _READY:
        return "ready"
    return "delayed" if when == "later" else status
