"""A clock of its own time: a wait of three days is over at once, and exactly three days later."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

from flowforge_lab.clock import SystemClock

T = TypeVar("T")
_START = datetime(2026, 1, 1, tzinfo=UTC)
_QUIET_TURNS = 20
_QUIET_SECONDS = 0.005  # of real time in which nobody falls asleep: then all who work are done


class VirtualClock:
    """Stands still while anybody works, and leaps to the next waking while all sleep.

    Only what asks it for time is under it: what waits for a disk, a process or a server takes as long as it
    takes, meanwhile it leaps.
    """

    def __init__(self, at: datetime = _START) -> None:
        self._at = at
        self._passed = 0.0
        self._numbers = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return self._at + timedelta(seconds=self._passed)

    def stamp(self) -> int:
        """Return the time of day as whole microseconds since 1970, UTC."""
        return round(self._at.timestamp() * 1e6) + round(self._passed * 1e6)

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds of this clock; at once for zero or less."""
        if seconds <= 0:
            await SystemClock().sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (self._passed + seconds, next(self._numbers), woken))
        await woken

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake whom it wakes."""
        self._leap(self._passed + seconds)

    async def drive(self, work: Coroutine[Any, Any, T]) -> T:
        """Run work to its end; whenever all of it sleeps, leap to the next waking."""
        task = asyncio.ensure_future(work)  # noqa: TID251  # awaited here; a group would wrap its errors
        while not task.done():
            if await self._is_quiet(task) and self._sleepers:
                self._leap(self._sleepers[0][0])
        return task.result()

    async def _is_quiet(self, task: asyncio.Future[Any]) -> bool:
        """Let work go on for many turns of the loop, and say whether nobody fell asleep or ended in them.

        Turns are counted, not time alone: on a busy machine the loop may get none for a while.
        """
        latest = self._latest()
        for _ in range(_QUIET_TURNS):
            await asyncio.wait([task], timeout=_QUIET_SECONDS / _QUIET_TURNS)
            if task.done() or self._latest() != latest:
                return False
        return True

    def _latest(self) -> int:
        """Return the number of whoever fell asleep last."""
        return max((number for _, number, _ in self._sleepers), default=-1)

    def _leap(self, until: float) -> None:
        self._passed = max(until, self._passed)
        while self._sleepers and self._sleepers[0][0] <= self._passed:
            _, _, woken = heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
