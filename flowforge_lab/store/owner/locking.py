"""A lock that one process holds on a file until it ends, on any system."""

import os
import sys
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """Return an open file that holds the lock until it is closed, or `None` if somebody else does."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(handle)
    except (BlockingIOError, PermissionError):
        os.close(handle)
        return None
    return handle


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
