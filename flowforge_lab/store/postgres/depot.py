"""Whether this machine reaches the segments and blobs that the database's lab refers to."""

import contextlib
from pathlib import Path

from flowforge_lab.errors import StoreUnavailableError
from flowforge_lab.ids import new_id
from flowforge_lab.store.layout import Layout

from .pool import Pool, place_of

_FILE = "depot"
_FIRST = "insert into meta values ('depot', %s) on conflict(name) do nothing"
_OURS = "select value from meta where name = 'depot'"


def settle_depot(pool: Pool, layout: Layout) -> None:
    """Make the folder or the object store of segments and blobs the lab's, or see that it is.

    Raises:
        StoreUnavailableError: the lab has them in another folder; what is there would be missing here.
    """
    if layout.objects is None:
        place, mark = f"folder than {layout.depot}", _mark(layout.depot / _FILE)
        remedy = "FLOWFORGE_SHARED_FOLDER"
    else:
        fresh = f"{new_id()}\n".encode()
        place, mark = (
            f"place than {layout.objects.url}",
            layout.objects.put_once(_FILE, fresh).decode().strip(),
        )
        remedy = "FLOWFORGE_OBJECT_STORE"
    with pool.connection() as connection:
        connection.execute(_FIRST, [mark])
        found = connection.execute(_OURS).fetchone()
    if found is None or found[0] != mark:
        msg = (
            f"the lab in {place_of(pool.target.url)} keeps its segments and blobs in another {place}:"
            f" set {remedy} to the one that all its machines reach"
        )
        raise StoreUnavailableError(msg)


def _mark(path: Path) -> str:
    """Return what is written in the file, which appears whole where it is missing."""
    try:
        if not path.exists():
            _write(path)
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        msg = f"the folder {path.parent} cannot be used for segments and blobs: {error.strerror}"
        raise StoreUnavailableError(msg) from error


def _write(path: Path) -> None:
    draft = path.with_name(f".{_FILE}.{new_id()[-8:]}")
    draft.write_text(f"{new_id()}\n", encoding="utf-8")
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
