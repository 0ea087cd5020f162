"""The tools of a lab for one assistant that started this program, over its standard input and output."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from flowforge_lab.api.access import Caller
from flowforge_lab.api.hub import Hub
from flowforge_lab.api.versioning import product_version
from flowforge_lab.lab import Parts

from .desk import Desk
from .protocol import Tools

Message = SessionMessage | Exception


async def serve_stdio(parts: Parts) -> None:
    """Serve until the assistant closes our input; what runs then is left for the next host."""
    hub = Hub(parts.store.journal)
    desk = Desk(parts, hub, _still)
    tools = Tools(desk, product_version())
    async with asyncio.TaskGroup() as group:
        beside = [
            group.create_task(hub.run(), name="hub"),
            group.create_task(tools.watch(), name="watch for other tools"),
        ]
        stop_hearing = parts.feed.subscribe(hub.hear)
        try:
            await _serve(tools, desk)
        finally:
            stop_hearing()
            for task in beside:
                task.cancel()


async def _serve(tools: Tools, desk: Desk) -> None:
    options = tools.server.create_initialization_options()
    async with stdio_server() as (incoming, outgoing):
        heard = _Heard(incoming, desk.is_ending.set)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(tools.server.run(heard, outgoing, options))
            ending = group.create_task(_told_to_end())
            await asyncio.wait((serving, ending), return_when=asyncio.FIRST_COMPLETED)
            desk.is_ending.set()  # before calls are cancelled: their executions are not
            for task in (serving, ending):
                task.cancel()


def _still(caller: Caller) -> Caller:
    """Return whoever started this program, who may do all for as long as it runs."""
    return caller


async def _told_to_end() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, told.set)
    await told.wait()


class _Incoming(Protocol):
    """What the SDK reads messages from; its own name for that is private to it."""

    async def receive(self) -> Message: ...

    async def aclose(self) -> None: ...

    async def __aenter__(self) -> Any: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> bool | None: ...


class _Heard:
    """What comes in, and a call once nothing more does."""

    def __init__(self, stream: _Incoming, on_end: Callable[[], None]) -> None:
        self._stream = stream
        self._on_end = on_end

    @property
    def last_context(self) -> Any:
        """What the SDK looks for beside each message."""
        return getattr(self._stream, "last_context", None)

    async def receive(self) -> Message:
        """Return the next message."""
        try:
            return await self._stream.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            self._on_end()
            raise

    async def aclose(self) -> None:
        """Take no more."""
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._stream.__aexit__(kind, error, trace)
