"""All that can be asked of executions beside starting them: hold, make anew, look back, debug."""

import asyncio
from datetime import datetime

from flowforge_lab.access import Audit
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Engine
from flowforge_lab.errors import NotFoundError
from flowforge_lab.store import Store

from .debugging import Debugging
from .executions import Executions
from .looking import Snapshot, snapshot, up_to
from .replaying import Replay, replay
from .restarting import Restarts
from .single import SingleRuns
from .versions import Versions
from .wishes import Wishes
from .workflows import Workflows


class Operations:
    """The services of one lab that look after its executions, as one."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        workflows: Workflows,
        *,
        executions: Executions,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self._executions = executions
        self._payloads = engine.payloads
        self.wishes = Wishes(engine, store.journal, executions, audit=audit)
        versions = Versions(store.catalogue, workflows, clock=clock, audit=audit)
        self.restarts = Restarts(
            executions,
            workflows,
            versions,
            payloads=engine.payloads,
            clock=clock,
            audit=audit,
        )
        self.single = SingleRuns(
            executions, workflows, store.catalogue, payloads=engine.payloads, clock=clock
        )
        self.debugging = Debugging(executions, workflows, self.wishes, payloads=engine.payloads)

    async def replay(self, execution_id: str) -> Replay:
        """Return the states an execution went through, computed from its journal; no node runs.

        Raises:
            NotFoundError: there is no such execution.
        """
        head = await self._executions.get(execution_id)
        while True:
            entries = await self._executions.entries(head.id)
            after = await self._executions.get(head.id)
            if after == head:
                break
            head = after  # what came meanwhile is no difference
        return await asyncio.to_thread(replay, entries, head)

    async def at(
        self,
        execution_id: str,
        *,
        seq: int | None = None,
        time: datetime | str | None = None,
        visit: int | None = None,
    ) -> Snapshot:
        """Return an execution as it was after an entry, at a moment, or when a visit began.

        Raises:
            NotFoundError: there is no such execution or visit, or it had not begun then.
        """
        head = await self._executions.get(execution_id)
        entries = await self._executions.entries(head.id)
        if not entries:
            msg = f"the journal of execution {head.id} is gone"
            raise NotFoundError(msg)
        found = up_to(entries, seq=seq, time=time, visit=visit)
        return await asyncio.to_thread(snapshot, found, self._payloads.unpack)
