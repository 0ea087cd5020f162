"""Big values as files named by the SHA-256 of their bytes, or as objects of which the files are copies."""

import contextlib
import hashlib
import os
from collections.abc import Container, Iterable
from pathlib import Path

from flowforge_lab.errors import NotFoundError, StoreError, StoreFullError
from flowforge_lab.ids import new_id

from .objects import Objects, write_whole

_GRACE_SECONDS = 86_400.0
_TRASH = ".trash"
_PREFIX = "blobs"


class FileBlobs:
    """Implements `engine.Blobs` in a folder; may be used by many processes at once.

    With `objects` the folder holds copies of what lies there for all machines.
    """

    def __init__(self, folder: Path, objects: Objects | None = None) -> None:
        self._folder = folder
        self._objects = objects

    def put(self, content: bytes) -> str:
        """Store the bytes so that they survive a power cut, and return their digest.

        Raises:
            StoreFullError: the disk is full or read-only.
            StoreUnavailableError: the object store cannot be reached.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        try:
            before = path.stat().st_mtime
            os.utime(path)  # a day of grace begins anew, so that no sweep takes it from under us
        except FileNotFoundError:
            self._put_object(digest, content)
            self._write(path, content)
        except OSError as error:
            raise _full(path, error) from error
        else:
            if path.stat().st_mtime - before > _GRACE_SECONDS / 2:
                self._put_again(path, content, before)
        return digest

    def _put_object(self, digest: str, content: bytes) -> None:
        if self._objects is not None:
            self._objects.put(_object(digest), content)

    def _put_again(self, path: Path, content: bytes, before: float) -> None:
        """Let the day of grace of the object begin anew as well."""
        try:
            self._put_object(path.name, content)
        except BaseException:
            os.utime(path, (before, before))  # the object is as old as it was
            raise

    def get(self, digest: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFoundError: no such blob.
        """
        for path in (self._path(digest), self._trash(digest), self._path(digest)):
            with contextlib.suppress(FileNotFoundError):
                return path.read_bytes()
        if self._objects is not None:
            with contextlib.suppress(FileNotFoundError):
                return self._fetched(self._objects, digest)
        msg = f"there is no blob {digest}"
        raise NotFoundError(msg)

    def _fetched(self, objects: Objects, digest: str) -> bytes:
        content = objects.fetch(_object(digest))
        if hashlib.sha256(content).hexdigest() != digest:
            msg = f"blob {digest} is damaged in the object store"
            raise StoreError(msg)
        with contextlib.suppress(OSError):  # a copy only: where there is no room it stays away
            write_whole(self._path(digest), [content])
            os.utime(self._path(digest), (0, 0))  # the object may be old: who puts it puts it anew
        return content

    def size(self, digest: str) -> int:
        """Return how many bytes a blob has, 0 if it is not there."""
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            found = None if self._objects is None else self._objects.look(_object(digest))
            return 0 if found is None else found.bytes

    def is_whole(self, digest: str) -> bool:
        """Whether a blob still holds the bytes it was named by; reads all of it."""
        try:
            if self._objects is not None and not self._path(digest).exists():
                return bool(self._fetched(self._objects, digest))
            with self._path(digest).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == digest
        except (OSError, StoreError):
            return False

    def digests(self) -> list[str]:
        """Return all digests, in order."""
        if self._objects is not None:
            return sorted(one.name.rpartition("/")[2] for one in self._objects.list(_PREFIX))
        return self._copies()

    def _copies(self) -> list[str]:
        files = self._folder.glob("[0-9a-f][0-9a-f]/*")
        return sorted(path.name for path in files if not path.name.startswith("."))

    def sweep(self, used: Iterable[str], *, now: float, grace: float = _GRACE_SECONDS) -> int:
        """Delete blobs that nothing refers to and nobody touched for `grace` seconds; return how many.

        `now` is seconds since 1970.
        """
        needed = set(used)
        unused = set(self._copies()) - needed
        count = sum(self._remove(digest, older_than=now - grace) for digest in sorted(unused))
        if self._objects is not None:
            count = self._sweep_objects(self._objects, needed, older_than=now - grace)
        for draft in self._folder.glob("[0-9a-f][0-9a-f]/.*"):
            if draft.stat().st_mtime < now - grace:
                draft.unlink(missing_ok=True)
        return count

    @staticmethod
    def _sweep_objects(objects: Objects, needed: Container[str], *, older_than: float) -> int:
        gone = [
            one.name
            for one in objects.list(_PREFIX)
            if one.changed_at < older_than and one.name.rpartition("/")[2] not in needed
        ]
        objects.delete(gone)
        return len(gone)

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


def _object(digest: str) -> str:
    return f"{_PREFIX}/{digest[:2]}/{digest}"


def sync_folder(folder: Path) -> None:
    """Make names that were just written in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _full(path: Path, error: OSError) -> StoreFullError:
    return StoreFullError(f"cannot store {path}: {error.strerror or error}")
