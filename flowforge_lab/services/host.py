"""The live part of a lab: fires schedules, wakes what waits, goes on with what a crash cut off."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from flowforge_lab.clock import Clock
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.store import Due, Schedule, Store
from flowforge_lab.triggers import due_fires

from .alerts import Alerts
from .executions import Executions
from .firing import Firing
from .handing_out import Handing
from .moments import microseconds, moment
from .queue import Queue
from .remote_schedules import is_carried
from .workflows import Workflows

logger = logging.getLogger(__name__)
_AT_ONCE = 64
_MOST = 1000  # more than the owner should list in one go


class Host:
    """Runs until its task is cancelled. A copied lab fires nothing.

    With `handing` it runs nothing itself: what it starts and what is due is for workers. With
    `has_carrier` it leaves alone the schedules that somebody else is to fire. Several hosts on one lab
    share the work: each fire and each execution is claimed by one.
    """

    def __init__(  # noqa: PLR0913  # all that is alive
        self,
        store: Store,
        workflows: Workflows,
        executions: Executions,
        *,
        clock: Clock,
        queue: Queue,
        handing: Handing | None = None,
        has_carrier: bool = False,
        poll: float = 0.5,
        alerts: Alerts | None = None,
    ) -> None:
        self._store = store
        self._executions = executions
        self._clock = clock
        self._queue = queue
        self._handing = handing
        self._poll = poll
        self._alerts = alerts
        self._alerting: asyncio.Task[None] | None = None
        self._has_carrier = has_carrier
        self._firing = Firing(store.catalogue, workflows, executions)
        self._looked_at: datetime | None = None
        self.beside: list[Callable[[], Awaitable[None]]] = []
        """What else is to be looked at each time, such as mailboxes."""

    async def run(self) -> None:
        """Look for work until cancelled; a failing piece of work is logged and does not stop the rest."""
        if self._store.is_copy:
            logger.warning("this lab is a copy: schedules do not fire here")
        try:
            while True:
                try:
                    await self.look()
                except FlowForgeError:
                    logger.exception("could not look for work")
                await self._clock.sleep(self._poll)
        finally:
            self.leave()

    async def enter(self) -> bool:
        """Be a host: what is started in this process from now on is left to workers, or to a later time.

        Returns whether the queue is paused.
        """
        self._executions.is_queueing = self._executions.is_queueing or self._handing is not None
        is_paused = await self._queue.state() == "paused"
        self._executions.is_queueing = is_paused or self._handing is not None
        return is_paused

    def leave(self) -> None:
        """Be a host no more: what is started in this process runs here again."""
        self._executions.is_queueing = False

    async def look(self) -> None:
        """Do once what is due now; while the queue is paused, what fires only joins it."""
        is_paused = await self.enter()
        if not self._store.is_copy:
            await self.fire()
            self._look_at_alerts()
        if is_paused:
            if self._handing is not None:
                self._handing.hold()
        elif self._handing is not None:
            await self._handing.hand_out()
        else:
            await self._go_on()
        for look in self.beside:
            await look()

    async def fire(self) -> None:
        """Start what the schedules say is due."""
        now = self._clock.now()
        for schedule in await self._store.schedules.all(only_active=True):
            await self._fire(schedule)
        self._looked_at = now

    def _look_at_alerts(self) -> None:
        """Ask the alert rules beside everything else: no schedule waits for a slow query."""
        if self._alerts is not None and (self._alerting is None or self._alerting.done()):
            looking = self._alerts.look()
            self._alerting = asyncio.get_running_loop().create_task(looking, name="alerts")
            self._alerting.add_done_callback(_noted)

    async def close(self) -> None:
        """Return once nothing of it runs any more."""
        if self._alerting is not None:
            self._alerting.cancel()
            await asyncio.wait([self._alerting])

    async def _go_on(self) -> None:
        """Take over what is due, as much as this process has room for, many at once."""
        while room := min(self._executions.free, _MOST):
            found = await self._executions.due(limit=room)
            taken = await self._take_over(found)
            if not taken or len(found) < room:
                return

    async def _take_over(self, found: Sequence[Due]) -> int:
        """Return how many of these now run here; one that cannot go on does not stop the rest."""
        taken = 0
        for start in range(0, len(found), _AT_ONCE):
            here = await self._executions.take_over(found[start : start + _AT_ONCE])
            for name, handle in here.items():
                if isinstance(handle, Exception):
                    facts = {"execution_id": name}
                    logger.error("could not go on with an execution", extra=facts, exc_info=handle)
                else:
                    taken += 1
        return taken

    async def _fire(self, schedule: Schedule) -> None:
        now = self._clock.now()
        if schedule.next_at is None or schedule.next_at > microseconds(now):
            return
        if self._has_carrier and is_carried(schedule.spec):
            return
        try:
            next_at = moment(schedule.next_at)
            fires = due_fires(schedule.spec, next_at, now, looked_at=self._looked_at)
            for due_at in fires.due:
                facts = {"fired_at": now, "is_catch_up": due_at in fires.missed}
                await self._firing.fire(schedule, due_at, facts)
            following = None if fires.next_at is None else microseconds(fires.next_at)
            await self._store.schedules.claim_fire(
                schedule.workflow_id, schedule.node, due_at=schedule.next_at, next_at=following
            )
        except FlowForgeError:
            facts = {"workflow_id": schedule.workflow_id}
            logger.exception("could not fire a schedule", extra=facts)


def _noted(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("could not look at the alert rules", exc_info=error)
