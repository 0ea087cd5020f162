"""Time, asked for instead of taken, so that tests can drive it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the product asks of time. Times are UTC; lengths are float seconds."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""

    def stamp(self) -> int:
        """Return the time of day as events carry it: whole microseconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring lengths."""

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds; at once for zero or less."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return datetime.now(UTC)

    def stamp(self) -> int:
        """Return the time of day as whole microseconds since 1970, UTC."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds; at once for zero or less."""
        await asyncio.sleep(max(seconds, 0.0))
