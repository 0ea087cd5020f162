"""The client's end of the frames: one question, one answer, on a blocking socket."""

import socket
import struct

_HEADER = struct.Struct("<IB")
_LENGTH = struct.Struct("<I")
_CHUNK = 1 << 18


def ask(sock: socket.socket, kind: int, body: bytes) -> bytes:
    """Send one frame and return the answer to it.

    Raises:
        OSError: the other side went away.
    """
    sock.sendall(_HEADER.pack(len(body), kind) + body)
    answer = bytearray()
    while len(answer) < _LENGTH.size:
        _receive(sock, answer)
    [length] = _LENGTH.unpack_from(answer)
    while len(answer) < _LENGTH.size + length:
        _receive(sock, answer)
    return bytes(memoryview(answer)[_LENGTH.size :])


def _receive(sock: socket.socket, answer: bytearray) -> None:
    """Take in what has come: mostly all of it, since each wait may cost the interpreter's lock."""
    chunk = sock.recv(_CHUNK)
    if not chunk:
        msg = "the owner went away"
        raise ConnectionError(msg)
    answer += chunk
