"""Kernels that wait, started and with imports done, for one run each."""

import asyncio
import logging
from collections import deque
from pathlib import Path

from .kernels import Kernel
from .model import NotebookLimits

_MAX_AGE_SECONDS = 3600.0
_FIRST_USES = {"duckdb": "import duckdb; duckdb.sql('select 1')"}  # opens its database in memory
_PRELOAD = """
def _flowforge_preload(statements):
    import gc

    for statement in statements:
        try:
            exec(statement, {{}})
        except Exception:
            pass  # one that fails takes none of the others with it
    gc.collect()
    gc.freeze()

try:
    _flowforge_preload({statements!r})
finally:
    del _flowforge_preload
"""

_log = logging.getLogger(__name__)


class KernelPool:
    """Lends kernels for one run each; some of the usual kind are kept ready, with imports done."""

    def __init__(self, limits: NotebookLimits, *, usual: str = "python3") -> None:
        self._limits = limits
        self._usual = usual
        self._idle: deque[Kernel] = deque()
        self._filling = asyncio.Lock()
        self._filler: asyncio.Task[None] | None = None
        self.warm_taken = 0
        """How many kernels were lent that waited for it."""

    async def take(self, name: str, folder: Path) -> Kernel:
        """Return a kernel that takes cells, in that folder. Whoever takes it closes it."""
        kernel = await self._warm_one(name)
        is_warm = kernel is not None
        if kernel is None:
            kernel = await Kernel.start(name, folder)
        try:
            if is_warm:
                await kernel.get_ready(f"import os as _os; _os.chdir({str(folder)!r}); del _os")
                self.warm_taken += 1
            else:
                await kernel.get_ready()
        except BaseException:
            await asyncio.shield(kernel.close())
            raise
        kernel.max_memory_bytes = self._limits.max_memory_bytes
        return kernel

    async def warm_up(self) -> None:
        """Start the kernels that are kept ready, without waiting for them."""
        async with self._filling:
            while len(self._idle) < self._limits.warm:
                kernel = await Kernel.start(self._usual, Path.home())
                names = self._limits.preload
                statements = [_FIRST_USES.get(name, f"import {name}") for name in names]
                source = _PRELOAD.format(statements=statements)
                kernel.client.execute(source, silent=True, store_history=False)
                self._idle.append(kernel)

    def fill(self) -> None:
        """Have the kernels that are kept ready started soon; nobody waits for it."""
        if self._limits.warm and (self._filler is None or self._filler.done()):
            self._filler = asyncio.get_running_loop().create_task(self.warm_up())
            self._filler.add_done_callback(_told)

    async def close(self) -> None:
        """End the kernels that nobody took."""
        await self._filled()
        while self._idle:
            await self._idle.pop().close()

    async def _warm_one(self, name: str) -> Kernel | None:
        if name == self._usual and not self._idle:
            await self._filled()
        while name == self._usual and self._idle:
            kernel = self._idle.popleft()
            if await kernel.is_fresh(_MAX_AGE_SECONDS):
                return kernel
            await kernel.close()
        return None

    async def _filled(self) -> None:
        if self._filler is not None:
            await asyncio.wait([self._filler])


def _told(filler: "asyncio.Task[None]") -> None:
    if not filler.cancelled() and (error := filler.exception()):
        _log.warning("no kernel could be started to be kept ready: %s", error)
