"""Whose turn it is where things may happen only so often: first come, first served, in this process."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

from flowforge_lab.clock import Clock
from flowforge_lab.values import Rate

_MAX_KEYS = 10_000

Holding = Callable[[str, float], AbstractContextManager[None]]
"""Told why and for how many seconds a wait for a turn is; entered for as long as it lasts."""

_holding: ContextVar[Holding | None] = ContextVar("holding", default=None)


class held_by:  # noqa: N801  # used like a function; a class since every attempt of a node goes through it
    """Let `holding` know of every wait for a turn inside the block and the tasks born in it."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding

    def __enter__(self) -> None:
        self._token = _holding.set(self._holding)

    def __exit__(self, *_: object) -> None:
        _holding.reset(self._token)


class Pacer:
    """A bucket of tokens for each key: `count` of them at first, and as many again in `seconds`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}

    async def wait(self, key: str, rate: Rate | None, *, why: str = "") -> None:
        """Return when it is this one's turn; at once without a rate.

        One that is cancelled gives its turn back.
        """
        if rate is None:
            return
        delay = self.reserve(key, rate)
        if not delay:
            return
        holding = _holding.get()
        try:
            with holding(why or key, delay) if holding else nullcontext():
                await self._clock.sleep(delay)
        except BaseException:
            self.give_back(key, rate)
            raise

    def reserve(self, key: str, rate: Rate) -> float:
        """Take the next turn, and return in how many seconds it is."""
        now = self._clock.monotonic()
        if len(self._full_at) >= _MAX_KEYS:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        full_at = max(self._full_at.get(key, now), now) + rate.interval
        self._full_at[key] = full_at
        return max(full_at - now - rate.seconds, 0.0)

    def give_back(self, key: str, rate: Rate) -> None:
        """Let somebody else have a turn that was taken."""
        self._full_at[key] = self._full_at.get(key, 0.0) - rate.interval
