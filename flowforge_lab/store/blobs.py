"""Big values as files named by the SHA-256 of their bytes."""

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from flowforge_lab.errors import NotFoundError, StoreFullError
from flowforge_lab.ids import new_id

_GRACE_SECONDS = 86_400.0
_TRASH = ".trash"


class FileBlobs:
    """Implements `engine.Blobs` in a folder; may be used by many processes at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Store the bytes so that they survive a power cut, and return their digest.

        Raises:
            StoreFullError: the disk is full or read-only.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        try:
            os.utime(path)  # a day of grace begins anew, so that no sweep takes it from under us
        except FileNotFoundError:
            self._write(path, content)
        except OSError as error:
            raise _full(path, error) from error
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFoundError: no such blob.
        """
        for path in (self._path(digest), self._trash(digest), self._path(digest)):
            with contextlib.suppress(FileNotFoundError):
                return path.read_bytes()
        msg = f"there is no blob {digest}"
        raise NotFoundError(msg)

    def size(self, digest: str) -> int:
        """Return how many bytes a blob has, 0 if it is not there."""
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            return 0

    def is_whole(self, digest: str) -> bool:
        """Whether a blob still holds the bytes it was named by; reads all of it."""
        try:
            with self._path(digest).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == digest
        except OSError:
            return False

    def digests(self) -> list[str]:
        """Return all digests, in order."""
        files = self._folder.glob("[0-9a-f][0-9a-f]/*")
        return sorted(path.name for path in files if not path.name.startswith("."))

    def sweep(self, used: Iterable[str], *, now: float, grace: float = _GRACE_SECONDS) -> int:
        """Delete blobs that nothing refers to and nobody touched for `grace` seconds; return how many.

        `now` is seconds since 1970.
        """
        unused = set(self.digests()) - set(used)
        count = sum(self._remove(digest, older_than=now - grace) for digest in sorted(unused))
        for draft in self._folder.glob("[0-9a-f][0-9a-f]/.*"):
            if draft.stat().st_mtime < now - grace:
                draft.unlink(missing_ok=True)
        return count

    def _remove(self, digest: str, *, older_than: float) -> bool:
        """Set the blob aside, look once more whether it was touched meanwhile, and only then delete."""
        path, trash = self._path(digest), self._trash(digest)
        try:
            if path.stat().st_mtime >= older_than:
                return False
            trash.parent.mkdir(mode=0o700, exist_ok=True)
            path.replace(trash)
            if trash.stat().st_mtime >= older_than:
                trash.replace(path)
                return False
            trash.unlink()
        except FileNotFoundError:
            return False
        return True

    def _write(self, path: Path, content: bytes) -> None:
        draft = path.parent / f".{path.name}.{new_id()}"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            sync_folder(path.parent)
            sync_folder(self._folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise _full(path, error) from error

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _trash(self, digest: str) -> Path:
        return self._folder / _TRASH / digest


def sync_folder(folder: Path) -> None:
    """Make names that were just written in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _full(path: Path, error: OSError) -> StoreFullError:
    return StoreFullError(f"cannot store {path}: {error.strerror or error}")
