"""Ids that sort by time (UUIDv7), so that history prunes by range and lists read newest last."""

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """Return a UUIDv7 as text; ids of one process are strictly increasing, also within a millisecond."""
    global _last  # noqa: PLW0603  # the one counter of the process, guarded by its lock
    with _lock:
        stamp = (time.time_ns() // 1_000_000 << 12) | (time.time_ns() // 244 % 4096)
        _last = max(stamp, _last + 1)
        value = _last
    tail = int.from_bytes(os.urandom(8)) >> 2
    number = (value >> 12) << 80 | 0x7 << 76 | (value & 0xFFF) << 64 | 0b10 << 62 | tail
    return str(uuid.UUID(int=number))
