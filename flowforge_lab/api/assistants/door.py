"""The address of the MCP endpoint: the SDK is loaded for the first who asks for it."""

import asyncio
import contextlib
import logging
import threading
from importlib.util import find_spec
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from flowforge_lab.api.access import Access, Caller, caller_of
from flowforge_lab.api.hub import Hub
from flowforge_lab.api.problems import answer_to, problem
from flowforge_lab.lab import Parts

logger = logging.getLogger(__name__)
PATH = "/mcp"
MISSING = "the MCP endpoint needs the SDK: `pip install 'flowforge-lab[mcp]'` brings it"
_LOOK_SECONDS = 1.0
_LISTENS = b"subscriptions/listen"


class Endpoint(Protocol):
    """What is loaded late: it serves while `running`, and takes no more once it is told to `end`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that the guard let in."""

    def running(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Serve for as long as one is inside."""

    def end(self) -> None:
        """Let calls under way answer how their executions stand."""


def has_sdk() -> bool:
    """Whether the SDK is installed, in a version that can be used."""
    return find_spec("mcp") is not None and find_spec("mcp_types") is not None


class AssistantsDoor:
    """Stands for the endpoint until it is loaded; the first who asks for it waits for that."""

    def __init__(self, parts: Parts, access: Access, hub: Hub) -> None:
        self._parts = parts
        self._access = access
        self._hub = hub
        self._is_wanted, self._is_here = asyncio.Event(), asyncio.Event()
        self._is_ending = asyncio.Event()
        self._endpoint: Endpoint | None = None
        self._is_running = False

    async def run(self) -> None:
        """Load the endpoint once it is asked for, and serve it until cancelled."""
        self._is_running = True
        try:
            await self._is_wanted.wait()
            try:
                self._endpoint = await _loaded(self._parts, self._access, self._hub)
            except ImportError:
                logger.exception("the MCP SDK that is installed cannot be used")
                self._is_here.set()
                await asyncio.Event().wait()
                return
            async with self._endpoint.running():
                self._is_here.set()
                await asyncio.Event().wait()
        finally:
            self._is_running = False

    def end(self) -> None:
        """End streams, and let calls under way answer at once."""
        self._is_ending.set()
        if self._endpoint is not None:
            self._endpoint.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or say why there is nobody to do so."""
        if not has_sdk():
            await problem(501, "mcp.missing", MISSING)(scope, receive, send)
            return
        if not self._is_running or self._is_ending.is_set():
            told = "the MCP endpoint needs a server that stays: `flowforge serve`"
            await problem(503, "mcp.unavailable", told)(scope, receive, send)
            return
        self._is_wanted.set()
        await self._is_here.wait()
        if self._endpoint is None:
            await problem(501, "mcp.missing", MISSING)(scope, receive, send)
            return
        await self._serve(self._endpoint, scope, receive, send=send)

    async def _serve(
        self, endpoint: Endpoint, scope: Scope, receive: Receive, *, send: Send
    ) -> None:
        reply = _Reply(send)
        caller = caller_of(scope)
        if not _is_stream(scope):
            await _translated(endpoint, scope, receive, reply=reply)
            return
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(_translated(endpoint, scope, receive, reply=reply))
            over = group.create_task(self._until_over(caller))
            await asyncio.wait((serving, over), return_when=asyncio.FIRST_COMPLETED)
            for task in (serving, over):
                task.cancel()
        await reply.end()

    async def _until_over(self, caller: Caller) -> None:
        """Return once the server ends, or somebody may no longer listen."""
        while not self._is_ending.is_set() and self._access.renew(caller) is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._is_ending.wait()


class _Reply:
    """Remembers how far an answer is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_begun = self._is_over = False

    async def send(self, message: Message) -> None:
        await self._send(message)
        self.is_begun = True
        if message["type"] == "http.response.body":
            self._is_over = not message.get("more_body", False)

    async def end(self) -> None:
        """Finish what was begun and not ended."""
        if self.is_begun and not self._is_over:
            with contextlib.suppress(OSError):
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def _translated(
    endpoint: Endpoint, scope: Scope, receive: Receive, *, reply: _Reply
) -> None:
    """Answer a request; a body that is too large or too slow is told as everywhere."""
    try:
        await endpoint(scope, receive, reply.send)
    except HTTPException as error:
        if not reply.is_begun:
            await answer_to(error)(scope, receive, reply.send)


def _is_stream(scope: Scope) -> bool:
    """Whether an answer goes on for as long as somebody listens."""
    return scope["method"] == "GET" or (b"mcp-method", _LISTENS) in scope["headers"]


async def _loaded(parts: Parts, access: Access, hub: Hub) -> Endpoint:
    """Import the SDK in a thread that holds up neither requests nor the end of the server.

    Raises:
        ImportError: the SDK is of a version that lacks what is needed.
    """
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[ImportError | None] = loop.create_future()

    def load() -> None:
        failure = None
        try:
            from . import endpoint  # noqa: F401  # so that the import below is quick
        except ImportError as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
            loop.call_soon_threadsafe(_give, loaded, failure)

    threading.Thread(target=load, daemon=True, name="load the MCP SDK").start()
    failure = await loaded
    if failure is not None:
        raise failure
    from .endpoint import HttpEndpoint

    return HttpEndpoint(parts, access, hub)


def _give(loaded: asyncio.Future[ImportError | None], failure: ImportError | None) -> None:
    if not loaded.done():
        loaded.set_result(failure)
