"""The files of the sealed segments: in a folder, or in an object store of which the folder holds copies."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from flowforge_lab.errors import StoreError

from .objects import Objects
from .views import FILES, files_of

PREFIX = "segments"
_AT_ONCE = 8


class SegmentFiles:
    """The Parquet files of segments, by the names of these; they are written once and never changed."""

    def __init__(self, folder: Path, objects: Objects | None = None) -> None:
        self.folder = folder
        self._objects = objects

    def paths(self, name: str) -> list[Path]:
        """Return where the files of a segment lie."""
        return [self.folder / f"{kind}-{name}.parquet" for kind in FILES]

    def relation(self, kind: str, names: Sequence[str]) -> str:
        """Return the relation of one kind of rows in these segments, whose files are here afterwards.

        Raises:
            StoreError: a file is neither here nor in the object store, or that cannot be reached.
        """
        self.have(names)
        return files_of(kind, self.folder, names)

    def have(self, names: Iterable[str]) -> None:
        """Bring the files of segments here that are not. Raises as `relation` does."""
        if self._objects is None:
            return
        fetch = partial(_fetch, self._objects)
        missing = [path for name in names for path in self.paths(name) if not path.exists()]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(fetch, missing):
                pass

    def keep(self, name: str) -> None:
        """Store the files of a new segment for good, before anything names it."""
        if self._objects is not None:
            for path in self.paths(name):
                self._objects.put(_object(path), path)

    def delete(self, names: Iterable[str]) -> None:
        """Delete the files of segments that nobody reads any more."""
        gone = [path for name in names for path in self.paths(name)]
        for path in gone:
            path.unlink(missing_ok=True)
        if self._objects is not None:
            self._objects.delete(_object(path) for path in gone)

    def sweep(self, known: set[str], before: float) -> None:
        """Delete files of no known segment that are older than `before` (seconds since 1970)."""
        for path in self.folder.iterdir():
            if not _is_of(known, path) and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
        if self._objects is not None:
            strays = [
                one.name
                for one in self._objects.list(PREFIX)
                if not _is_of(known, Path(one.name)) and one.changed_at < before
            ]
            self._objects.delete(strays)


def _fetch(objects: Objects, path: Path) -> None:
    try:
        objects.fetch_file(_object(path), path)
    except FileNotFoundError as error:
        msg = f"{_object(path)} is not in the object store, and the history needs it"
        raise StoreError(msg) from error


def _is_of(known: set[str], path: Path) -> bool:
    return path.suffix == ".parquet" and path.stem.partition("-")[2] in known


def _object(path: Path) -> str:
    return f"{PREFIX}/{path.name}"
