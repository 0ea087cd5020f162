"""Workers that are ready before they are needed."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .process import Worker

_MAX_CALLS = 200
_PER_CORE = 2


class WorkerPool:
    """Lends workers; a worker that ran a user's code is never lent again.

    `warm` workers are kept ready with pandas imported. Starting one costs this process next to
    nothing, since nobody waits until it is ready.
    """

    def __init__(self, *, warm: int = 0, max_workers: int | None = None) -> None:
        self._warm = warm
        self._idle: deque[Worker] = deque()
        self._places = asyncio.Semaphore(max_workers or (os.cpu_count() or 1) * _PER_CORE)

    @asynccontextmanager
    async def lend(self, *, reuse: bool) -> AsyncIterator[Worker]:
        """Lend a worker; it comes back only if `reuse` is meant and the call ended well."""
        async with self._places:
            worker = await self._take()
            is_clean = False
            try:
                yield worker
                is_clean = reuse and worker.is_alive and worker.calls < _MAX_CALLS
            finally:
                if is_clean:
                    self._idle.append(worker)
                else:
                    await worker.kill()
            await self._refill()

    async def warm_up(self) -> None:
        """Start the workers that are kept ready, without waiting for them."""
        await self._refill()

    async def close(self) -> None:
        """End all idle workers."""
        while self._idle:
            await self._idle.pop().kill()

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.popleft()
            if worker.is_alive:
                return worker
            await worker.kill()
        return await Worker.start(warm=False)

    async def _refill(self) -> None:
        while len(self._idle) < self._warm:
            self._idle.append(await Worker.start(warm=True))
        while len(self._idle) > max(self._warm, 1):
            await self._idle.pop().kill()
