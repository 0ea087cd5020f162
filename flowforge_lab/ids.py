"""Ids that sort by time (UUIDv7), so that history prunes by range and lists read newest last."""

import os
import threading
import time

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """Return a UUIDv7 as text; those of one process rise strictly, those of all sort to the microsecond."""
    global _last  # noqa: PLW0603  # the one counter of the process, guarded by its lock
    with _lock:
        milliseconds, rest = divmod(time.time_ns(), 1_000_000)
        stamp = milliseconds << 12 | rest * 4096 // 1_000_000
        _last = max(stamp, _last + 1)
        value = _last
    tail = int.from_bytes(os.urandom(8)) >> 2
    number = (value >> 12) << 80 | 0x7 << 76 | (value & 0xFFF) << 64 | 0b10 << 62 | tail
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
