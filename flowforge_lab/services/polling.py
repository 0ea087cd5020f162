"""Asks Telegram for updates, one poller a bot in the whole lab, each update confirmed once it is stored."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from flowforge_lab.clients import Connections
from flowforge_lab.clock import Clock
from flowforge_lab.errors import FlowForgeError, NodeError
from flowforge_lab.ids import new_id
from flowforge_lab.store import StoreJournal, Variable, VariableTable
from flowforge_lab.triggers import TYPES

from .bots import Bots

logger = logging.getLogger(__name__)
_SCOPE = "lease"  # beside the scopes that people see
_OWNER = "telegram"
_SLOW = frozenset({"telegram.unauthorized", "telegram.not_found", "telegram.conflict"})
_MAX_PAUSE = 30.0
_SLOW_PAUSE = 15.0


class Polling:
    """Runs until its task is cancelled. Several hosts share the bots: each has one of them at a time."""

    def __init__(  # noqa: PLR0913  # all that a poller needs
        self,
        bots: Bots,
        connections: Connections,
        leases: VariableTable,
        *,
        journal: StoreJournal,
        clock: Clock,
        lease_seconds: float = 20.0,
        poll_seconds: float = 0.5,
    ) -> None:
        self._bots = bots
        self._connections = connections
        self._leases = leases
        self._journal = journal
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self._id = new_id()

    async def run(self) -> None:
        """Poll every bot that is to be polled and that somebody wants updates of."""
        async with asyncio.TaskGroup() as group:
            for name in self._bots.routing.names():
                group.create_task(self._serve(name), name=f"poll {name}")

    async def _serve(self, bot: str) -> None:
        while True:
            try:
                if self._connections.bot(bot).updates == "polling" and await self._is_wanted(bot):
                    await self._hold_and_poll(bot)
            except FlowForgeError as error:  # a secret that is not set, a store in trouble
                logger.warning("bot %s is not polled: %s", bot, error, extra={"bot": bot})
                await self._clock.sleep(_SLOW_PAUSE)
            await self._clock.sleep(self._poll_seconds)

    async def _hold_and_poll(self, bot: str) -> None:
        """Poll for as long as this host has the bot and somebody wants its updates."""
        if not await self._claim(bot, expected=None):
            return
        try:
            async with asyncio.TaskGroup() as group:
                polling = group.create_task(self._poll(bot), name=f"updates of {bot}")
                keeping = group.create_task(self._keep(bot), name=f"lease of {bot}")
                await asyncio.wait({polling, keeping}, return_when=asyncio.FIRST_COMPLETED)
                polling.cancel()
                keeping.cancel()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        finally:
            await self._release(bot)

    async def _is_wanted(self, bot: str) -> bool:
        """Return whether an active workflow has a trigger for the bot, or somebody waits for an answer."""
        if any(route.bot == bot for route in await self._bots.routing.routes()):
            return True
        return bool(await self._journal.find_waits(prefix=f"telegram:{bot}:"))

    async def _poll(self, bot: str) -> None:
        """Ask for updates and store them until nobody wants them any more."""
        offset: int | None = None
        failures = 0
        await self._take_over(bot)
        while await self._is_wanted(bot):
            try:
                updates = await self._ask(bot, offset)
                await self._bots.take_all(bot, updates)
            except FlowForgeError as error:
                failures += 1
                await self._rest(bot, error, failures)
                continue
            failures = 0
            if not updates:  # some servers answer at once that there is nothing
                await self._clock.sleep(self._poll_seconds)
            else:
                offset = max(map(_number, updates)) + 1

    async def _ask(self, bot: str, offset: int | None) -> list[dict[str, Any]]:
        seconds = max(int(self._lease_seconds), 1)
        telegram = self._connections.telegram
        return await telegram.updates(bot, offset=offset, seconds=seconds, allowed=TYPES)

    async def _take_over(self, bot: str) -> None:
        """End a webhook that was set before: with it Telegram gives no updates to who asks."""
        with contextlib.suppress(NodeError):
            info = await self._connections.telegram.call(bot, "getWebhookInfo")
            if info.get("url"):
                logger.warning("bot %s had a webhook; it ends, for it is polled", bot)
                await self._connections.telegram.set_webhook(bot, "", allowed=TYPES)

    async def _rest(self, bot: str, error: FlowForgeError, failures: int) -> None:
        logger.warning("bot %s: no updates: %s", bot, error, extra={"bot": bot})
        pause = min(2.0 ** min(failures, 10) / 4, _MAX_PAUSE)
        if isinstance(error, NodeError):
            pause = max(pause, error.retry_after or 0.0)
            if error.type in _SLOW:
                pause = _SLOW_PAUSE
        await self._clock.sleep(pause)

    async def _keep(self, bot: str) -> None:
        """Renew the lease until another host has it."""
        while True:
            await self._clock.sleep(self._lease_seconds / 3)
            if not await self._renew(bot):
                logger.warning("another host polls bot %s now", bot)
                return

    async def _renew(self, bot: str) -> bool:
        """Keep the lease, also one that ran out while nobody else wanted it."""
        return await self._claim(bot, expected=self._id) or await self._claim(bot, expected=None)

    async def _claim(self, bot: str, *, expected: str | None) -> bool:
        until = self._clock.stamp() + int(self._lease_seconds * 1e6)
        mine = Variable(_SCOPE, _OWNER, bot, self._id, until)
        return await self._leases.swap(mine, expected=expected)

    async def _release(self, bot: str) -> None:
        gone = Variable(_SCOPE, _OWNER, bot, self._id, self._clock.stamp())
        with contextlib.suppress(FlowForgeError):
            await self._leases.swap(gone, expected=self._id)


def _number(update: Mapping[str, Any]) -> int:
    id = update.get("update_id")
    return id if isinstance(id, int) else 0
