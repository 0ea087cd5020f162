"""Files for their owner alone that are there as a whole or not at all, also when two write at once."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flowforge_lab.errors import StoreFullError, StoreUnavailableError

if sys.platform != "win32":
    import fcntl


def replace(path: Path, content: bytes) -> None:
    """Put a new file in the place of `path`, in one step; nobody but its owner can ever read it.

    Raises:
        StoreFullError: it cannot be written; what was there is as it was.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise StoreFullError(msg) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; it is as it was"
        raise StoreFullError(msg) from error
    finally:
        with suppress(OSError):
            Path(name).unlink(missing_ok=True)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder meanwhile, if they ask: two changes at once are both kept."""
    if sys.platform == "win32":
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        msg = f"cannot write in {folder}: {error.strerror}"
        raise StoreUnavailableError(msg) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Let the new name survive a power cut."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
