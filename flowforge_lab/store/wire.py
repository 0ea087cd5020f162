"""The client's end of the frames: one question, one answer, on a blocking socket."""

import socket
import struct

_HEADER = struct.Struct("<IB")
_LENGTH = struct.Struct("<I")


def ask(sock: socket.socket, kind: int, body: bytes) -> bytes:
    """Send one frame and return the answer to it.

    Raises:
        OSError: the other side went away.
    """
    sock.sendall(_HEADER.pack(len(body), kind) + body)
    [length] = _LENGTH.unpack(_receive(sock, _LENGTH.size))
    return bytes(_receive(sock, length))


def _receive(sock: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    view = memoryview(buffer)
    done = 0
    while done < size:
        count = sock.recv_into(view[done:])
        if not count:
            raise ConnectionError("the owner went away")
        done += count
    return buffer
