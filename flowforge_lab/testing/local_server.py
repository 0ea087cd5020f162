"""An HTTP server on this machine that answers as it is told, also badly."""

import asyncio
from collections.abc import Mapping
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from flowforge_lab.clock import SystemClock

_ROUNDS = 4
"""Through how many turns of the loop a connection comes into being."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `cut_at` closes the connection after that many bytes of the body; `delay` is seconds.

    A `chunk` of the body's bytes is sent again and again when `repeat` is over 1, without a length.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    delay: float = 0.0
    cut_at: int | None = None
    repeat: int = 1


class Received(msgspec.Struct, frozen=True):
    """One request as it arrived; header names are lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class LocalServer:
    """A server with an answer for each path; the last one told for a path is given again and again."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._replies: dict[str, list[Reply]] = {}
        self._server: asyncio.Server | None = None
        self._talking: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            for listener in self._server.sockets:
                asyncio.get_running_loop().remove_reader(listener.fileno())
            await self._let_in()
            self._server.close()  # not before: it would forget whom it is just letting in
        talking = list(self._talking)
        for one in talking:
            one.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await self._let_in()

    async def _let_in(self) -> None:
        """Let the loop come to what it has begun: a connection that is just made or ended has no owner."""
        for _ in range(_ROUNDS):
            await SystemClock().sleep(0)

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """Return the address of a path; `host` may be another name of this machine."""
        if self._server is None:
            msg = "the server is not open"
            raise RuntimeError(msg)
        return f"http://{host}:{self._server.sockets[0].getsockname()[1]}{path}"

    def tell(self, path: str, *replies: Reply) -> None:
        """Set the answers for a path, in order."""
        self._replies[path] = list(replies)

    def reply_to(self, received: Received) -> Reply:
        """Return the answer to a request; a server of a kind of its own has its own."""
        return self._next(received.path)

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._talking.add(talk)
        talk.add_done_callback(self._talking.discard)
        talk.add_done_callback(lambda _talk: writer.close())  # also one that never began

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        received = _parsed(await reader.readuntil(b"\r\n\r\n"))
        length = int(received.headers.get("content-length", "0"))
        received = msgspec.structs.replace(received, body=await reader.readexactly(length))
        self.received.append(received)
        reply = self.reply_to(received)
        await SystemClock().sleep(reply.delay)
        writer.write(_head(reply))
        if received.method != "HEAD":
            await _send_body(reply, writer)
        await writer.drain()
        return reply.cut_at is None and reply.repeat == 1

    def _next(self, path: str) -> Reply:
        replies = self._replies.get(path) or [Reply(status=404, body=b"nothing here")]
        return replies.pop(0) if len(replies) > 1 else replies[0]


def _parsed(head: bytes) -> Received:
    start, *lines = head.decode("latin-1").strip().split("\r\n")
    method, target, _ = start.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    parts = urlsplit(target)
    return Received(method, parts.path, dict(parse_qsl(parts.query)), headers, b"")


def _head(reply: Reply) -> bytes:
    headers = {**reply.headers}
    if reply.repeat > 1:
        headers["Connection"] = "close"
    else:
        headers["Content-Length"] = str(len(reply.body))
    lines = [
        f"HTTP/1.1 {reply.status} Told",
        *(f"{name}: {text}" for name, text in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _send_body(reply: Reply, writer: asyncio.StreamWriter) -> None:
    for _ in range(reply.repeat):
        writer.write(reply.body[: reply.cut_at])
        await writer.drain()
