"""What a store needs of the journal's keeper, whichever that is."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from flowforge_lab.errors import StoreError
from flowforge_lab.ids import new_id

from .doorway import Doorway, Terms
from .layout import is_read_only
from .owner.locking import try_lock
from .reading import OwnerReader, Reader
from .snapshot import RefusingWriter, SnapshotReader
from .writing import OwnerWriter, Writer

Alone = Callable[[], contextlib.AbstractContextManager[bool]]
"""Gives, for as long as the context lasts, whether nobody else seals this lab's history."""


class Ends(msgspec.Struct, frozen=True):
    """What writes, what reads, who may seal, and numbers about all that; `close` hangs up behind both.

    `answers` says, without much patience, whether the journal can be asked now.
    """

    writer: Writer
    reader: Reader
    alone: Alone
    answers: Callable[[], bool]
    statistics: Callable[[], dict[str, float]] = dict
    close: Callable[[], None] = lambda: None


def owner_ends(folder: Path, terms: Terms) -> Ends:
    """Return the ends at the owner process of `folder`; a read-only folder is read from a copy."""

    def alone() -> contextlib.AbstractContextManager[bool]:
        return _alone(folder)

    if is_read_only(folder):
        copy = SnapshotReader(folder)
        return Ends(RefusingWriter(folder, copy), copy, alone, lambda: _answers(copy))
    doorway = Doorway(folder, terms)
    session = new_id()
    reader = OwnerReader(doorway, session)
    return Ends(OwnerWriter(doorway, session), reader, alone, lambda: _answers(reader))


def _answers(reader: Reader) -> bool:
    try:
        reader.ask("last_position", {}, kind=list[list[int]])
    except StoreError:
        return False
    return True


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    handle = try_lock(folder / "seal.lock")
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)
