"""HTTP as uvicorn speaks it, with an end to patience and with each small answer in one piece."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .streaming import ABORT

HEAD_SECONDS = 10.0
MAX_HEAD_BYTES = 65_536
_END_OF_HEAD = b"\r\n\r\n"


class WholeAnswers:
    """A transport that sends the head of an answer together with what is written next.

    That is one call of the system and one packet less for each answer. A head that nothing follows in
    the same turn of the loop goes out alone.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, or keep what looks like a head until the next write."""
        head, self._head = self._head, b""
        if head:
            self._transport.writelines((head, data))
        elif data.startswith(b"HTTP/1.1 ") and data.endswith(_END_OF_HEAD):
            self._head = data
            self._loop.call_soon(self._send_head)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Send what is kept, then close."""
        self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        head, self._head = self._head, b""
        if head and not self._transport.is_closing():
            self._transport.write(head)


class PatientProtocol(HttpToolsProtocol):
    """Cuts a connection whose request does not come in time, or whose head is too large.

    What serves a request finds in its scope a way to cut the connection at once.
    """

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for the first request."""
        super().connection_made(transport)
        whole: Any = WholeAnswers(transport, self.loop)
        self.transport = whole
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before a body does."""
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of the head."""
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = 0
        if self._deadline is None:
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        """Note that the head is here, before the request is served."""
        self._stop_waiting()
        self._is_in_head = False
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # ours has one field more
        scope[ABORT] = self.transport.abort
        super().on_headers_complete()

    def _wait_for_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
