"""Whose turn it is to send: exact windows for a bot, a chat and a group, and pauses Telegram asks for."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.values import Rate

_MAX_KEYS = 10_000
_MARGIN = 0.05
"""Seconds by which a request may be quicker on its way than the one before it."""


class Claim(msgspec.Struct, frozen=True):
    """Something that may happen only so often."""

    key: str
    rate: Rate


class _Window:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.sent: deque[float] = deque()
        self.closed_until = 0.0

    def free_at(self, rate: Rate) -> float:
        at = self.closed_until
        if len(self.sent) >= rate.count:
            at = max(at, self.sent[-rate.count] + rate.seconds + _MARGIN)
        return at

    def note(self, now: float, rate: Rate) -> None:
        self.sent.append(now)
        while len(self.sent) > rate.count:
            self.sent.popleft()

    def is_idle(self, now: float) -> bool:
        last = self.sent[-1] if self.sent else 0.0
        return not self.lock.locked() and self.closed_until <= now and last < now - 60.0


class Turns:
    """First come, first served, for each key; no window of a rate's length ever holds more than its count.

    In this process only.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    async def wait(self, claims: Sequence[Claim]) -> None:
        """Return when it is this one's turn under all claims, which are given from the narrowest on.

        Those that share the first key keep their order, and hold up nobody else while they wait.
        """
        windows = self._of(claims)
        async with AsyncExitStack() as stack:
            for window, claim in zip(windows, claims, strict=True):
                await stack.enter_async_context(window.lock)
                while (delay := window.free_at(claim.rate) - self._clock.monotonic()) > 0:
                    await self._clock.sleep(delay)
            now = self._clock.monotonic()
            for window, claim in zip(windows, claims, strict=True):
                window.note(now, claim.rate)

    def close(self, key: str, seconds: float) -> None:
        """Let nobody have a turn under a key for some seconds."""
        window = self._windows.setdefault(key, _Window())
        window.closed_until = max(window.closed_until, self._clock.monotonic() + seconds)

    def _of(self, claims: Sequence[Claim]) -> list[_Window]:
        if len(self._windows) >= _MAX_KEYS:
            now = self._clock.monotonic()
            kept = {name: one for name, one in self._windows.items() if not one.is_idle(now)}
            self._windows = kept
        return [self._windows.setdefault(claim.key, _Window()) for claim in claims]
