"""A lab on a read-only medium: its journal as of one moment, in a private copy that is only read."""

import shutil
import sqlite3
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.errors import StoreFullError, StoreUnavailableError

from .doorway import OwnerFacts, store_error
from .owner.database import RefusedError, open_database
from .owner.library import Library, answer_to
from .owner.wire import PROTOCOL
from .reading import Reader
from .writing import Item, Writer

_TRIES = 50
_PAUSE_SECONDS = 0.02
_WAL_HEADER_BYTES = 32


class SnapshotReader(Reader):
    """Answers from a copy of the journal; what is written elsewhere later is not in it.

    The copy lies in the system's folder for temporary files, for this user only, until `close`.

    Raises:
        StoreUnavailableError: there is no journal, or somebody writes it so much that no copy is whole.
        StoreVersionError: a newer version has written it.
        StoreFullError: there is no room for the copy.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._asking = threading.Lock()
        self._place = tempfile.TemporaryDirectory(prefix="flowforge-")
        try:
            copy_journal(folder, Path(self._place.name))
            open_database(Path(self._place.name)).close()  # an older version is raised to this one
            self._library = Library(Path(self._place.name))
        except (sqlite3.Error, RefusedError) as error:
            self._place.cleanup()
            kind = error.kind if isinstance(error, RefusedError) else "unavailable"
            raise store_error(kind, f"cannot read the journal in {folder}: {error}") from error
        except BaseException:
            self._place.cleanup()
            raise

    def close(self) -> None:
        """Throw the copy away; may be called twice."""
        super().close()
        self._library.close()
        self._place.cleanup()

    def _answer(self, body: bytes) -> bytes:
        name, params = msgspec.json.decode(body)
        with self._asking:
            return answer_to(self._library, name, params)


class RefusingWriter(Writer):
    """Stands where a `Writer` stands in a store that can only be read, and refuses everything."""

    def __init__(self, folder: Path, reader: SnapshotReader) -> None:
        self._folder = folder
        here = folder.stat()
        meta = dict(reader.ask("meta", {}, kind=list[tuple[str, str]]))
        self.facts = OwnerFacts(
            PROTOCOL, 0, 0, (here.st_dev, here.st_ino), meta.get("lab_id", ""), is_copy=False
        )

    def close(self) -> None:
        """Do nothing: there is nothing to send."""

    def _enqueue(self, item: Item) -> None:  # noqa: ARG002  # all are refused alike
        raise read_only(self._folder)

    def _write(self, batch: list[Item]) -> list[Any]:
        return [read_only(self._folder)] * len(batch)

    def _say_goodbye(self) -> None:
        """Do nothing: there is nobody."""

    def _notice(self) -> None:
        """Do nothing: nothing comes."""


def read_only(folder: Path) -> StoreFullError:
    """Return the error that says what a read-only lab can do and what not."""
    msg = (
        f"{folder} is read-only: the lab in it can be looked at, but nothing can run or change in it;"
        " mount it writable, change its owner, or restore a backup to another place"
    )
    return StoreFullError(msg)


def copy_journal(source: Path, target: Path, *, tries: int = _TRIES) -> None:
    """Copy `journal.db` and its write-ahead log as of one moment, also while an owner elsewhere writes.

    All that was acknowledged before is in the copy: it is in one of the two files, and a copy during
    which the database itself changed, or the log began anew, is made again. A log that only grew is
    fine: SQLite reads it up to the last whole commit.

    Raises:
        StoreUnavailableError: there is no journal, or it changed during each of many tries.
        StoreFullError: there is no room for the copy.
    """
    journal, log = source / "journal.db", source / "journal.db-wal"
    for _ in range(tries):
        before = _state(journal, log)
        try:
            shutil.copyfile(journal, target / journal.name)
            (target / log.name).unlink(missing_ok=True)
            if log.exists():
                shutil.copyfile(log, target / log.name)
        except FileNotFoundError as error:
            if error.filename != str(log):
                raise _no_journal(source) from error
        except OSError as error:
            msg = f"cannot copy {journal} to {target}: {error.strerror or error}"
            raise StoreFullError(msg) from error
        if _state(journal, log) == before:
            return
        time.sleep(_PAUSE_SECONDS)  # noqa: TID251  # waits for another process, no engine is here
    msg = f"{journal} is being written all the time; ask the lab where it runs"
    raise StoreUnavailableError(msg)


def _state(journal: Path, log: Path) -> tuple[int, int, bytes]:
    """Return what changes when pages move from the log to the database, or the log begins anew."""
    try:
        facts = journal.stat()
    except FileNotFoundError as error:
        raise _no_journal(journal.parent) from error
    try:
        with log.open("rb") as file:
            head = file.read(_WAL_HEADER_BYTES)
    except FileNotFoundError:
        head = b""
    return facts.st_mtime_ns, facts.st_size, head


def _no_journal(folder: Path) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"{folder} is read-only and holds no journal.db: it is no lab yet"
    )
