"""An orderly stop: nothing new begins, and what could not be begun again may come to its end."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from flowforge_lab.events import ExecutionState, Visit

from .chronicle import Chronicle

Wait = Callable[[Visit], Awaitable[None]]


class Leaving:
    """Knows the visits under way that a crash would fail, and holds up others once somebody leaves."""

    def __init__(self) -> None:
        self.is_asked = False
        self._under_way: set[tuple[str, int]] = set()
        self._changed = asyncio.Event()

    async def halt(self) -> None:
        """Never return: whoever asks is cancelled soon, and goes on elsewhere."""
        await asyncio.get_running_loop().create_future()

    async def under_way(self, chronicle: Chronicle, visit: Visit, work: Awaitable[None]) -> None:
        """Await the work of a visit, which is under way until it is over and, if somebody leaves, on disk."""
        key = (chronicle.state.execution_id, visit.number)
        self._under_way.add(key)
        try:
            await work
            if self.is_asked:
                await chronicle.settled()
        finally:
            self._under_way.discard(key)
            self._changed.set()

    def aside(self, wait: Wait, state: ExecutionState) -> Wait:
        """Return `wait` as one during which a visit is not under way: it stands in the journal as it is."""

        async def wait_aside(visit: Visit) -> None:
            key = (state.execution_id, visit.number)
            was_under_way = key in self._under_way
            self._under_way.discard(key)
            self._changed.set()
            await wait(visit)
            if self.is_asked:
                await self.halt()
            if was_under_way:
                self._under_way.add(key)

        return wait_aside

    async def come_to_rest(self, patience: float) -> None:
        """Let nothing more begin, and return once nothing is under way, after `patience` seconds at most."""
        self.is_asked = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._under_way:
                    self._changed.clear()
                    await self._changed.wait()
