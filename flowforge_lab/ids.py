"""Ids that sort by time (UUIDv7), so that history prunes by range and lists read newest last."""

import os
import threading
import time

_TAIL_BYTES = 8
_lock = threading.Lock()
_last = 0
_chance = b""  # random bytes in store: asking the system for eight at a time costs more than all the rest


def _forget_chance() -> None:
    """Let a forked process draw its own, and not the same as its parent."""
    global _chance  # noqa: PLW0603  # as below
    _chance = b""


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(after_in_child=_forget_chance)


def new_id() -> str:
    """Return a UUIDv7 as text; those of one process rise strictly, those of all sort to the microsecond."""
    global _last, _chance  # noqa: PLW0603  # the one counter of the process, guarded by its lock
    with _lock:
        milliseconds, rest = divmod(time.time_ns(), 1_000_000)
        stamp = milliseconds << 12 | rest * 4096 // 1_000_000
        _last = max(stamp, _last + 1)
        value = _last
        _chance = _chance or os.urandom(512 * _TAIL_BYTES)
        drawn, _chance = _chance[-_TAIL_BYTES:], _chance[:-_TAIL_BYTES]
    tail = int.from_bytes(drawn) >> 2
    number = (value >> 12) << 80 | 0x7 << 76 | (value & 0xFFF) << 64 | 0b10 << 62 | tail
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
