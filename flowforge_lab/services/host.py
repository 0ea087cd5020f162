"""The live part of a lab: fires schedules, wakes what waits, goes on with what a crash cut off."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from flowforge_lab.clock import Clock
from flowforge_lab.engine import Start
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.store import Due, Schedule, Store
from flowforge_lab.triggers import due_fires

from .executions import Executions
from .moments import microseconds, moment
from .workflows import Workflows

logger = logging.getLogger(__name__)
_AT_ONCE = 64
_MOST = 1000  # more than the owner should list in one go


class Host:
    """Runs until its task is cancelled. A copied lab fires nothing.

    Several hosts on one lab share the work: each fire and each execution is claimed by one.
    """

    def __init__(
        self,
        store: Store,
        workflows: Workflows,
        executions: Executions,
        *,
        clock: Clock,
        poll: float = 0.5,
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._executions = executions
        self._clock = clock
        self._poll = poll
        self._looked_at: datetime | None = None
        self.beside: list[Callable[[], Awaitable[None]]] = []
        """What else is to be looked at each time, such as mailboxes."""

    async def run(self) -> None:
        """Look for work until cancelled; a failing piece of work is logged and does not stop the rest."""
        if self._store.is_copy:
            logger.warning("this lab is a copy: schedules do not fire here")
        while True:
            try:
                await self.look()
            except FlowForgeError:
                logger.exception("could not look for work")
            await self._clock.sleep(self._poll)

    async def look(self) -> None:
        """Do once what is due now."""
        if not self._store.is_copy:
            now = self._clock.now()
            for schedule in await self._store.schedules.all(only_active=True):
                await self._fire(schedule)
            self._looked_at = now
        await self._go_on()
        for look in self.beside:
            await look()

    async def _go_on(self) -> None:
        """Take over what is due, as much as this process has room for, many at once."""
        while room := min(self._executions.free, _MOST):
            found = await self._executions.due(limit=room)
            taken = await self._take_over(found)
            if not taken or len(found) < room:
                return

    async def _take_over(self, found: Sequence[Due]) -> int:
        """Return how many of these now run here; one that cannot go on does not stop the rest."""
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one(due: Due) -> bool:
            async with at_once:
                try:
                    return await self._executions.take_over(due) is not None
                except FlowForgeError:
                    facts = {"execution_id": due.execution_id}
                    logger.exception("could not go on with an execution", extra=facts)
                    return False

        return sum(await asyncio.gather(*map(one, found)))

    async def _fire(self, schedule: Schedule) -> None:
        now = self._clock.now()
        if schedule.next_at is None or schedule.next_at > microseconds(now):
            return
        try:
            next_at = moment(schedule.next_at)
            fires = due_fires(schedule.spec, next_at, now, looked_at=self._looked_at)
            for due_at in fires.due:
                facts = {"fired_at": now, "is_catch_up": due_at in fires.missed}
                await self._start(schedule, due_at, facts)
            following = None if fires.next_at is None else microseconds(fires.next_at)
            await self._store.schedules.claim_fire(
                schedule.workflow_id, schedule.node, due_at=schedule.next_at, next_at=following
            )
        except FlowForgeError:
            facts = {"workflow_id": schedule.workflow_id}
            logger.exception("could not fire a schedule", extra=facts)

    async def _start(self, schedule: Schedule, due_at: datetime, facts: dict[str, Any]) -> None:
        """Start the execution of one fire time; its key lets only one host do so, and only once."""
        listed = await self._store.catalogue.find_workflow(schedule.workflow_id)
        if listed is None or not listed.active_digest:
            return
        key = f"cron:{schedule.workflow_id}:{schedule.node}:{due_at.isoformat()}"
        plan = await self._workflows.plan(listed.active_digest)
        start = Start(trigger=schedule.node, payload={"due_at": due_at, **facts}, key=key)
        await self._executions.start_plan(plan, start)
