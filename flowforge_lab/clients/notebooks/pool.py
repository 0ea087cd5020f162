"""Kernels that wait, started and with imports done, for one run each."""

import asyncio
from collections import deque
from pathlib import Path

from .kernels import Kernel
from .model import NotebookLimits

_MAX_AGE_SECONDS = 3600.0


class KernelPool:
    """Lends kernels for one run each; some of the usual kind are kept ready, with imports done."""

    def __init__(self, limits: NotebookLimits, *, usual: str = "python3") -> None:
        self._limits = limits
        self._usual = usual
        self._idle: deque[Kernel] = deque()
        self._filling = asyncio.Lock()
        self.warm_taken = 0
        """How many kernels were lent that waited for it."""

    async def take(self, name: str, folder: Path) -> Kernel:
        """Return a kernel that takes cells, in that folder. Whoever takes it closes it."""
        kernel = await self._warm_one(name)
        is_warm = kernel is not None
        if kernel is None:
            kernel = await Kernel.start(name, folder)
        try:
            await kernel.get_ready()
            if is_warm:
                await kernel.execute(f"import os as _os; _os.chdir({str(folder)!r}); del _os")
                self.warm_taken += 1
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
                kernel.client.execute(self._preload, silent=True, store_history=False)
                self._idle.append(kernel)

    @property
    def _preload(self) -> str:
        """Imports done one by one, so that one that fails takes none of the others with it.

        What they made stays to the end: the garbage collector need not look through it again.
        """
        lines = [f"for _name in {list(self._limits.preload)!r}:", "    try:"]
        lines += ["        __import__(_name)", "    except Exception:", "        pass"]
        lines += ["globals().pop('_name', None)", "import gc as _gc"]
        return "\n".join([*lines, "_gc.collect()", "_gc.freeze()", "del _gc"])

    async def close(self) -> None:
        """End the kernels that nobody took."""
        while self._idle:
            await self._idle.pop().close()

    async def _warm_one(self, name: str) -> Kernel | None:
        while name == self._usual and self._idle:
            kernel = self._idle.popleft()
            if await kernel.is_fresh(_MAX_AGE_SECONDS):
                return kernel
            await kernel.close()
        return None
