"""One client's connection: frames in, frames out, never waiting for a slow other side."""

import json
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

PROTOCOL = 3
"""The version of the frames and of what stands in them; both sides say theirs in the hello."""

HELLO, WRITE, READ, GOODBYE, RETIRE = range(5)
"""What a frame is, in the byte after its length. A write is many units, a read one question."""

_HEADER = struct.Struct("<IB")
_LENGTH = struct.Struct("<I")
_MAX_FRAME_BYTES = 256 * 1024 * 1024
_CHUNK = 1 << 18


class Connection:
    """A socket with what is half read and half written on it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(0)
        self.socket = sock
        self.session = ""
        self.is_holder = False
        self.is_welcome = False
        self.is_orderly = False
        self._incoming = bytearray()
        self._outgoing = bytearray()

    def receive(self) -> bool:
        """Take in what has arrived; false once the other side is gone."""
        while True:
            try:
                chunk = self.socket.recv(_CHUNK)
            except (BlockingIOError, InterruptedError):
                return True
            except OSError:
                return False
            if not chunk:
                return False
            self._incoming += chunk
            if len(chunk) < _CHUNK:
                return True

    def frames(self) -> Iterator[tuple[int, Any]]:
        """Yield each whole frame as (kind, JSON value).

        Raises:
            ValueError: what came is not of this protocol.
        """
        while len(self._incoming) >= _HEADER.size:
            length, kind = _HEADER.unpack_from(self._incoming)
            if length > _MAX_FRAME_BYTES or kind > RETIRE:
                msg = "not a frame of this protocol"
                raise ValueError(msg)
            end = _HEADER.size + length
            if len(self._incoming) < end:
                return
            body = bytes(memoryview(self._incoming)[_HEADER.size : end])
            del self._incoming[:end]
            yield kind, json.loads(body) if body else None

    def send(self, body: bytes) -> bool:
        """Queue an answer and send what the socket takes now; false once the other side is gone."""
        self._outgoing += _LENGTH.pack(len(body)) + body
        return self.flush()

    def flush(self) -> bool:
        """Send what the socket takes now."""
        while self._outgoing:
            try:
                count = self.socket.send(self._outgoing[:_CHUNK])
            except (BlockingIOError, InterruptedError):
                return True
            except OSError:
                return False
            del self._outgoing[:count]
        return True

    @property
    def has_more_to_send(self) -> bool:
        """Whether the other side has not taken everything yet."""
        return bool(self._outgoing)

    def is_same_user(self) -> bool:
        """Whether the other end runs as the user who owns the lab; unknown counts as yes.

        Where the system does not tell, the 0700 folder of the socket or the token guards the door.
        """
        if self.socket.family == socket.AF_INET or not hasattr(socket, "SO_PEERCRED"):
            return True
        form = struct.Struct("3i")
        peer = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size)
        _pid, user, _group = form.unpack(peer)
        return bool(user == os.getuid())
