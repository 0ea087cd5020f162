"""One question to a store that nobody opened: nothing is started, and nothing in its folder changes."""

from pathlib import Path
from typing import Any

from flowforge_lab.errors import StoreUnavailableError

from .database import Target
from .keepers import open_shared
from .layout import Layout, lay_out_for, refuse_moved
from .reading import Reader
from .snapshot import SnapshotReader


def kept_workflows(folder: Path, target: Target | None = None) -> frozenset[str]:
    """Return the ids of the workflows that the catalogue in `folder` (a lab's `.flowforge`) knows now.

    With a `target` it is in that PostgreSQL; else the journal is read from a private copy, beside an owner
    or without one, also in a folder that cannot be written. Where there is no journal yet there are none.

    Raises:
        StoreError: the journal or the database cannot be read.
    """
    if target is not None:
        ends = open_shared(target, lay_out_for(folder, target))
        try:
            return _ids(ends.reader)
        finally:
            ends.writer.close()
            ends.reader.close()
            ends.close()
    layout = Layout(folder)
    refuse_moved(layout)
    return _copied(layout) if layout.journal.exists() else frozenset()


def _copied(layout: Layout) -> frozenset[str]:
    try:
        reader = SnapshotReader(layout.folder)
    except OSError as error:
        msg = f"cannot copy {layout.journal} to read it: {error.strerror or error}"
        raise StoreUnavailableError(msg) from error
    try:
        return _ids(reader)
    finally:
        reader.close()


def _ids(reader: Reader) -> frozenset[str]:
    rows = reader.ask("list_workflows", {}, kind=list[list[Any]])
    return frozenset(str(row[0]) for row in rows)
