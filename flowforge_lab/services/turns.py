"""The turns of what this process has queued: it runs here as soon as there is room, host or not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from flowforge_lab.clock import Clock
from flowforge_lab.engine import Handle
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.store import Due, ExecutionHead, StoreJournal

from .moments import microseconds

logger = logging.getLogger(__name__)
_LOOK_SECONDS = 0.5  # a turn may come by an end elsewhere, or by a rate
_MOST = 1000

TakeOver = Callable[[Sequence[Due]], Awaitable[dict[str, Handle | Exception]]]


async def left_in_slot(
    journal: StoreJournal, due: Sequence[Due], queued: ExecutionHead
) -> list[Due]:
    """Return those of `due` that keep a queued execution from its turn, and that nobody runs.

    They were begun by a process that is gone, or wait for a host; where there is none, the queued one would
    wait without end.
    """
    if not queued.slot:
        return []
    begun = [
        one for one in due if one.reason != "queued" and one.workflow_id == queued.workflow_id
    ]
    heads = [await journal.find_head(one.execution_id) for one in begun]
    return [
        one
        for one, head in zip(begun, heads, strict=True)
        if head is not None and head.slot == queued.slot
    ]


class Turns:
    """Takes over executions that were queued here, and what nobody runs of those that keep them waiting.

    What others have queued is left to them and to hosts.
    """

    def __init__(self, journal: StoreJournal, clock: Clock, take_over: TakeOver) -> None:
        self._journal = journal
        self._clock = clock
        self._take_over = take_over
        self._queued: dict[str, None] = {}
        self._news = asyncio.Event()

    def add(self, execution_id: str) -> None:
        """Take note of an execution that was queued."""
        self._queued[execution_id] = None
        self._news.set()

    def look(self) -> None:
        """Take note that there may be room."""
        if self._queued:
            self._news.set()

    async def run(self, free: Callable[[], int]) -> None:
        """Take over what has its turn until cancelled; `free` says how many more may run here."""
        while True:
            await self._wait_for_news()
            try:
                await self._take_up(free())
                await self._forget_gone()
            except FlowForgeError:
                logger.exception("could not go on with what was queued here")

    async def _wait_for_news(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_SECONDS if self._queued else None):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    async def _take_up(self, free: int) -> None:
        if not free or not self._queued:
            return
        due = await self._journal.due(microseconds(self._clock.now()), _MOST)
        own = [found for found in due if found.execution_id in self._queued]
        first = await self._journal.find_head(next(iter(self._queued)))
        ahead = [] if first is None else await left_in_slot(self._journal, due, first)
        for name in await self._take_over([*ahead, *own][:free]):
            self._queued.pop(name, None)

    async def _forget_gone(self) -> None:
        """Drop the one queued first if somebody else has taken it up: its turn is before all others here."""
        first = next(iter(self._queued), None)
        if first is not None:
            head = await self._journal.find_head(first)
            if head is None or head.status != "queued":
                self._queued.pop(first, None)
