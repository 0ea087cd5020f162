"""Kernels, each for one run; some may be started before they are needed."""

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from flowforge_lab.errors import NodeError
from flowforge_lab.ids import new_id

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.25
_MAX_AGE_SECONDS = 3600.0
_PRELOAD = "import pandas, duckdb"


class Kernel:
    """A kernel process and our end of its channels."""

    def __init__(self, name: str, manager: Any, client: Any) -> None:
        self.name = name
        self.manager = manager
        self.client = client
        self._born_at = time.monotonic()

    @classmethod
    async def start(cls, name: str, folder: Path) -> "Kernel":
        """Start a kernel in a folder; it gets ready by itself while nobody waits for it.

        Sockets are files with a prefix of their own: no ports to collide, nobody else can connect.
        """
        from jupyter_client.manager import AsyncKernelManager

        manager = AsyncKernelManager(kernel_name=name, shutdown_wait_time=2.0)
        if os.name == "posix":
            manager.transport = "ipc"
            manager.ip = str(Path(tempfile.gettempdir()) / f"ffk-{new_id()[-17:]}")
        from flowforge_lab.variables import (
            without_secrets,  # brings YAML, which workers can do without
        )

        await manager.start_kernel(cwd=str(folder), env=without_secrets(os.environ))
        client = manager.client()
        client.start_channels()
        client.allow_stdin = False
        return cls(name, manager, client)

    async def get_ready(self) -> None:
        """Return when the kernel takes cells.

        Raises:
            NodeError: it does not get ready, or died before (`notebook.kernel_died`).
        """
        try:
            await self.client.wait_for_ready(timeout=_READY_SECONDS)
        except RuntimeError as error:
            title = f"the kernel {self.name!r} did not start"
            raise NodeError(title, type="notebook.kernel_died", detail=str(error)) from error

    async def is_fresh(self) -> bool:
        """Whether the kernel is alive and not too old to be lent."""
        return time.monotonic() - self._born_at < _MAX_AGE_SECONDS and await self.is_alive()

    async def is_alive(self) -> bool:
        """Whether the process is there."""
        return bool(await self.manager.is_alive())

    async def execute(self, source: str) -> None:
        """Run a line of ours without a trace in the notebook.

        Raises:
            NodeError: it failed (`notebook.failed`), or the kernel died (`notebook.kernel_died`).
        """
        sent = self.client.execute(source, silent=True, store_history=False)
        while True:
            reply = await self.next_message("shell")
            if reply["parent_header"].get("msg_id") == sent:
                break
        if reply["content"]["status"] != "ok":
            detail = f"{reply['content'].get('ename')}: {reply['content'].get('evalue')}"
            msg = "the kernel could not follow"
            raise NodeError(msg, type="notebook.failed", detail=detail)

    async def next_message(self, channel: str) -> dict[str, Any]:
        """Return the next message of `shell` or `iopub`, however long it takes.

        Raises:
            NodeError: the kernel died (`notebook.kernel_died`).
        """
        from queue import Empty

        get = self.client.get_shell_msg if channel == "shell" else self.client.get_iopub_msg
        while True:
            try:
                message: dict[str, Any] = await get(timeout=_POLL_SECONDS)
            except Empty:
                if not await self.is_alive():
                    detail = "it crashed, was killed, or ran out of memory"
                    msg = "the kernel died"
                    raise NodeError(msg, type="notebook.kernel_died", detail=detail) from None
            else:
                return message

    async def close(self, *, politely: bool = False) -> None:
        """End the kernel; politely lets it run what it does at exit, else all it started dies too."""
        self.client.stop_channels()
        group = getattr(self.manager.provisioner, "pgid", None)
        await self.manager.shutdown_kernel(now=not politely)
        if group is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)


class KernelPool:
    """Lends kernels for one run each; `warm` of the usual kind are kept ready, with pandas imported."""

    def __init__(self, *, warm: int = 0, usual: str = "python3") -> None:
        self._warm = warm
        self._usual = usual
        self._idle: deque[Kernel] = deque()
        self._filling = asyncio.Lock()

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
            await self.warm_up()
        except BaseException:
            await asyncio.shield(kernel.close())
            raise
        return kernel

    async def warm_up(self) -> None:
        """Start the kernels that are kept ready, without waiting for them."""
        async with self._filling:
            while len(self._idle) < self._warm:
                kernel = await Kernel.start(self._usual, Path.home())
                kernel.client.execute(_PRELOAD, silent=True, store_history=False)
                self._idle.append(kernel)

    async def close(self) -> None:
        """End the kernels that nobody took."""
        while self._idle:
            await self._idle.pop().close()

    async def _warm_one(self, name: str) -> Kernel | None:
        while name == self._usual and self._idle:
            kernel = self._idle.popleft()
            if await kernel.is_fresh():
                return kernel
            await kernel.close()
        return None
