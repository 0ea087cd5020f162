"""What wakes those who follow the journal, so that they need not ask as often as they want to know."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flowforge_lab.clock import Clock

_POLL_SECONDS = 0.05
_PAUSE_SECONDS = 0.005


class Bell:
    """Rings when this process has written; what others write is looked for all the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rang = asyncio.Event()

    def ring(self) -> None:
        """Say that there is something to read."""
        self._rang.set()

    async def wait(self) -> None:
        """Return soon after it rang, or after 50 ms; what comes close together is read together."""
        await self._clock.sleep(_PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):
                await self._rang.wait()
        self._rang.clear()


class Bells:
    """The bells of all who follow."""

    def __init__(self) -> None:
        self._bells: set[Bell] = set()

    def __bool__(self) -> bool:
        return bool(self._bells)

    def ring(self, _written: object = None) -> None:
        """Ring each; also what a future calls that is done."""
        for bell in self._bells:
            bell.ring()

    @contextmanager
    def hung(self, clock: Clock) -> Iterator[Bell]:
        """Hang up a bell for as long as somebody follows."""
        bell = Bell(clock)
        self._bells.add(bell)
        try:
            yield bell
        finally:
            self._bells.discard(bell)
