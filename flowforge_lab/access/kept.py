"""Facts about access, kept in one file that only its owner may read."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import SettingsError

if sys.platform != "win32":
    import fcntl

T = TypeVar("T")
_FRESH_SECONDS = 0.5
"""For so long what the file held is taken for what it holds."""


class Kept(Generic[T]):
    """Records by their key in a JSON file of mode 0600; several processes may change it at once.

    A change by another process counts within a second.
    """

    def __init__(self, path: Path, kind: type[T], clock: Clock) -> None:
        self._path = path
        self._decoder = msgspec.json.Decoder(dict[str, kind])  # type: ignore[valid-type]  # made here
        self._clock = clock
        self._found: dict[str, T] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._fresh_until = 0.0

    def read(self) -> dict[str, T]:
        """Return the records by their key; none where there is no file.

        Raises:
            SettingsError: the file cannot be read, or others than its owner may read it.
        """
        if self._clock.monotonic() >= self._fresh_until:
            self._look()
            self._fresh_until = self._clock.monotonic() + _FRESH_SECONDS
        return self._found

    @contextmanager
    def change(self) -> Iterator[dict[str, T]]:
        """Give the records to be changed in place; they are written unless something is raised.

        Raises:
            SettingsError: the file cannot be read or written; it is as it was.
        """
        with self._alone():
            self._look()
            records = dict(self._found)
            yield records
            self._write(records)

    def _look(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._found = None, {}
            return
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == self._stamp:
            return
        if os.name == "posix" and status.st_mode & 0o077:
            msg = f"{self._path} can be read by others; run `chmod 600 {self._path}`"
            raise SettingsError(msg)
        try:
            self._found = self._decoder.decode(self._path.read_bytes())
        except (OSError, msgspec.MsgspecError) as error:
            msg = f"cannot read {self._path}: {error}"
            raise SettingsError(msg) from error
        self._stamp = stamp

    def _write(self, records: dict[str, T]) -> None:
        text = msgspec.json.format(msgspec.json.encode(records), indent=1)
        name = ""
        try:
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except OSError as error:
            with suppress(OSError):
                Path(name).unlink(missing_ok=True)
            raise self._unwritable(error) from error
        self._fresh_until = 0.0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from changing the file meanwhile: two changes at once are both kept."""
        if sys.platform == "win32":
            yield
            return
        try:
            handle = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _unwritable(self, error: OSError) -> SettingsError:
        return SettingsError(f"cannot write {self._path}: {error.strerror}; it is as it was")
