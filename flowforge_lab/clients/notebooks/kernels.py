"""A kernel process and our end of its channels: started or attached to, asked, kept alive, ended."""

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import NodeError
from flowforge_lab.ids import new_id

from .memory import end_marked, used_bytes
from .staying import LEAVE, KeptKernel, forget, publish_connection, socket_files, stay_request

MARK = "FLOWFORGE_KERNEL"
"""All that a kernel starts inherits this variable with its id, so that nothing of it is left behind."""
_READY_SECONDS = 60.0
_ASK_SECONDS = 1.0
_POLL_SECONDS = 0.25
_LEAVE_SECONDS = 2.0
_LOOK_SECONDS = 0.005
_REAP_LOOKS = 400
_INTERRUPT_SECONDS = 2.0
_WEIGH_SECONDS = 0.5


class Kernel:
    """A kernel for one run. `max_memory_bytes` is for it and all that it started."""

    def __init__(self, name: str, client: Any, *, process: Any, id: str = "") -> None:
        self.name = name
        self.is_python = False
        self.max_memory_bytes: int | None = None
        self.client = client
        self._id = id
        self._process = process
        self._born_at = time.monotonic()
        self._weighed_at = 0.0

    @classmethod
    async def start(cls, name: str, folder: Path) -> "Kernel":
        """Start a kernel in a folder; it gets ready by itself while nobody waits for it.

        Sockets are files with a prefix of their own: no ports to collide, nobody else can connect.
        """
        from jupyter_client.manager import AsyncKernelManager

        from flowforge_lab.variables import (
            without_secrets,  # brings YAML, which workers can do without
        )

        id = new_id()[-17:]
        manager = AsyncKernelManager(kernel_name=name, shutdown_wait_time=_LEAVE_SECONDS)
        if os.name == "posix":
            manager.transport = "ipc"
            manager.ip = str(Path(tempfile.gettempdir()) / f"ffk-{id}")
        env = {**without_secrets(os.environ), MARK: id}
        try:
            await manager.start_kernel(cwd=str(folder), env=env)
            client = manager.client()
            client.start_channels(stdin=False, hb=False)
        except BaseException:  # cancelled as well: the process may be there already
            await asyncio.shield(_ended(manager, id))
            raise
        client.allow_stdin = False
        return cls(name, client, process=manager, id=id)

    @classmethod
    def attach(cls, kept: KeptKernel) -> "Kernel":
        """Return a kernel that was kept alive; whoever attaches closes it."""
        from jupyter_client.asynchronous.client import AsyncKernelClient

        client = AsyncKernelClient(connection_file=kept.connection_file)
        client.load_connection_file()
        client.start_channels(stdin=False, hb=False)
        client.allow_stdin = False
        return cls(kept.name, client, process=_Attached(kept, client))

    async def get_ready(self, source: str = "") -> None:
        """Return when the kernel takes cells, and we hear what they print; it has run `source` then.

        Raises:
            NodeError: it does not get ready, or died before (`notebook.kernel_died`).
        """
        limit = asyncio.timeout(_READY_SECONDS)
        try:
            async with limit:
                while not await self._answers(source):
                    pass
        except TimeoutError as error:
            if not limit.expired():
                raise
            detail = f"no answer in {_READY_SECONDS:g} s"
            raise self._stillborn(detail) from error
        except NodeError as error:
            raise self._stillborn(error.detail) from error

    def _stillborn(self, detail: str) -> NodeError:
        title = f"the kernel {self.name!r} did not start"
        return NodeError(title, type="notebook.kernel_died", detail=detail)

    async def _answers(self, source: str) -> bool:
        """Ask for something; whether the answer came, and the noise that goes with every question."""
        sent = self.client.execute(source, silent=True) if source else self.client.kernel_info()
        limit = asyncio.timeout(_ASK_SECONDS)
        try:
            async with limit:
                await self._obeyed(sent)
                await self._answer_to("iopub", sent)
        except TimeoutError:
            if not limit.expired():
                raise
            return False
        return True

    async def is_fresh(self, max_age: float) -> bool:
        """Whether the kernel is alive and not too old to be lent."""
        return time.monotonic() - self._born_at < max_age and await self.is_alive()

    async def is_alive(self) -> bool:
        """Whether the process is there."""
        return bool(await self._process.is_alive())

    async def execute(self, source: str) -> None:
        """Run a line of ours without a trace in the notebook.

        Raises:
            NodeError: it failed (`notebook.failed`), or the kernel died (`notebook.kernel_died`).
        """
        await self._obeyed(self.client.execute(source, silent=True))

    async def _obeyed(self, sent: str) -> None:
        content = (await self._answer_to("shell", sent))["content"]
        if content["status"] != "ok":
            detail = f"{content.get('ename')}: {content.get('evalue')}"
            msg = "the kernel could not follow"
            raise NodeError(msg, type="notebook.failed", detail=detail)

    async def _answer_to(self, channel: str, sent: str) -> dict[str, Any]:
        while True:
            message = await self.next_message(channel)
            if message["parent_header"].get("msg_id") == sent:
                return message

    async def next_message(self, channel: str) -> dict[str, Any]:
        """Return the next message of `shell` or `iopub`, however long it takes.

        Raises:
            NodeError: the kernel died (`notebook.kernel_died`), or took too much (`notebook.memory`).
        """
        from queue import Empty

        get = self.client.get_shell_msg if channel == "shell" else self.client.get_iopub_msg
        while True:
            await self._weigh()
            try:
                message: dict[str, Any] = await get(timeout=_POLL_SECONDS)
            except Empty:
                if not await self.is_alive():
                    detail = "it crashed, was killed, or ran out of memory"
                    msg = "the kernel died"
                    raise NodeError(msg, type="notebook.kernel_died", detail=detail) from None
            else:
                return message

    async def _weigh(self) -> None:
        """Look, now and then, at how much memory the kernel and all that it started take."""
        limit = self.max_memory_bytes
        if limit is None or time.monotonic() - self._weighed_at < _WEIGH_SECONDS:
            return
        self._weighed_at = time.monotonic()
        used = await asyncio.to_thread(used_bytes, self.pid)
        if used > limit:
            title = f"the notebook takes more memory than {limit / 1e6:,.0f} MB"
            detail = f"with all that it started it took {used / 1e6:,.0f} MB"
            raise NodeError(title, type="notebook.memory", detail=detail, is_transient=False)

    @property
    def pid(self) -> int:
        """The id of the process; 0 where it is on another machine."""
        return int(getattr(self._process.provisioner, "pid", 0) or 0)

    async def interrupt(self) -> bool:
        """Interrupt the cell that runs; return whether the kernel takes the next one soon after."""
        limit = asyncio.timeout(_INTERRUPT_SECONDS)
        try:
            async with limit:
                await self._process.interrupt_kernel()
                while not await self._takes_cells():
                    await _clock.sleep(_LOOK_SECONDS)
        except TimeoutError:
            return False
        return True

    async def _takes_cells(self) -> bool:
        try:
            await self.execute("pass")
        except NodeError:  # what waited behind the cell that was interrupted is called off with it
            return False
        return True

    async def keep(self, seconds: float) -> KeptKernel | None:
        """Let go of the kernel: it lives on for so long, also without us; `None` if it cannot.

        After that it is closed for us. A kernel that is no IPython cannot look after its own end.
        """
        facts = {**self.client.get_connection_info(), "kernel_name": self.name, "pid": self.pid}
        facts["key"] = facts["key"].decode()
        path = await asyncio.to_thread(publish_connection, facts, f"flowforge-{new_id()}")
        try:
            files = (str(path), *socket_files(facts))
            async with asyncio.timeout(_INTERRUPT_SECONDS):
                await self.execute(stay_request(seconds, None, files))
        except (TimeoutError, NodeError):
            await asyncio.to_thread(path.unlink, missing_ok=True)
            return None
        self.client.stop_channels()
        pid = self.pid
        _let_go(self._process)
        until = _clock.now().timestamp() + seconds
        return KeptKernel(pid, str(path), _iso(until), self.name)

    async def take_over(self) -> None:
        """Let a kernel that was kept live as long as we do, and no longer."""
        await self.execute(stay_request(None, os.getpid(), ()))

    async def close(self, *, politely: bool = False) -> None:
        """End the kernel and all it started; politely lets it run first what it does at exit."""
        try:
            if politely:
                await self._leave()
        finally:
            self.client.stop_channels()
            await _ended(self._process, self._id)

    async def _leave(self) -> None:
        """Ask it to leave and return once it has, or has had its time; its manager looks rarely."""
        limit = asyncio.timeout(_LEAVE_SECONDS)
        try:
            async with limit:
                if self.is_python:
                    self.client.execute(LEAVE, silent=True)
                else:
                    await self._process.request_shutdown()
                while await self.is_alive():
                    await _clock.sleep(_LOOK_SECONDS)
        except TimeoutError:
            if not limit.expired():
                raise


class _Attached:
    """A kernel that somebody else started, in the place of its manager."""

    provisioner: Any

    def __init__(self, kept: KeptKernel, client: Any) -> None:
        self._kept = kept
        self._facts = client.get_connection_info()
        self._client = client
        self.provisioner = self
        self.pid = self.pgid = kept.pid

    async def is_alive(self) -> bool:
        return await asyncio.to_thread(lambda: used_bytes(self.pid) > 0)

    async def interrupt_kernel(self) -> None:
        os.killpg(self.pid, signal.SIGINT)

    async def request_shutdown(self) -> None:
        self._client.shutdown()  # of a language in which kernels are not kept

    def let_go(self) -> None:
        self._client.context.destroy(linger=100)

    async def shutdown_kernel(self, *, now: bool) -> None:
        del now
        self.let_go()
        forget((self._kept.connection_file, *socket_files(self._facts)))


async def _ended(manager: Any, id: str) -> None:
    group = getattr(manager.provisioner, "pgid", None)
    await manager.shutdown_kernel(now=True)
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    if id:
        await asyncio.to_thread(end_marked, MARK, id)
    await _reaped(getattr(manager.provisioner, "pid", None))


async def _reaped(pid: int | None) -> None:
    """Return once a child of ours that was let go has left no trace; one that ends is not over at once."""
    _reap()
    for _ in range(_REAP_LOOKS):
        if pid not in _left:
            return
        await _clock.sleep(_LOOK_SECONDS)
        _reap()


_clock = SystemClock()
_left: list[int] = []
"""Children of ours that were let go, to be asked for their end."""


def _let_go(manager: Any) -> None:
    """Forget a kernel without ending it; as long as we live we look whether it is over."""
    _reap()
    if isinstance(manager, _Attached):
        manager.let_go()
        return
    manager.cleanup_connection_file()
    manager.context.destroy(linger=100)
    process = manager.provisioner.process
    process.returncode = 0  # not true: so that nobody warns that it runs on, as it shall
    manager.provisioner.process = None
    _left.append(process.pid)


def _reap() -> None:
    _left[:] = [pid for pid in _left if not _is_reaped(pid)]


def _is_reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _iso(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat()
