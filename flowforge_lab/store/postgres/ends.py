"""A client's two ends at the database: the thread that writes, and those that read."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from flowforge_lab.errors import StoreError
from flowforge_lab.ids import new_id
from flowforge_lab.store.database import Target
from flowforge_lab.store.doorway import OwnerFacts
from flowforge_lab.store.ends import Ends
from flowforge_lab.store.layout import Layout
from flowforge_lab.store.owner.database import RefusedError
from flowforge_lab.store.owner.wire import PROTOCOL
from flowforge_lab.store.reading import Reader
from flowforge_lab.store.writing import Item, Writer

from .depot import settle_depot
from .ledger import SharedLedger
from .library import SharedLibrary
from .locks import numbers_of
from .pool import Pool
from .schema import MIGRATIONS
from .setup import look_over

_FORGET_EVERY = 600.0


class PostgresWriter(Writer):
    """Everything queued meanwhile is one transaction, made by the writing thread itself."""

    def __init__(self, ledger: SharedLedger, facts: OwnerFacts) -> None:
        self._ledger = ledger
        self._forgotten_at = time.monotonic()
        super().__init__(facts)
        self._thread.start()

    def _write(self, batch: list[Item]) -> list[Any]:
        try:
            units = [_decoded(item[0]) for item in batch]
            results = self._ledger.write(units)
            self._tidy()
        except StoreError as error:
            return [error] * len(batch)
        return results

    def _tidy(self) -> None:
        now = time.monotonic()
        if now - self._forgotten_at > _FORGET_EVERY:
            self._forgotten_at = now
            with contextlib.suppress(StoreError):  # the next one does it
                self._ledger.forget_old_units()

    def _notice(self) -> None:
        """Do nothing: nothing else can wake the thread."""

    def _say_goodbye(self) -> None:
        with contextlib.suppress(StoreError):
            self._ledger.give_back()


def _decoded(encoded: bytes) -> Any:
    """Return a unit or a question; PostgreSQL takes no NUL in a text, and an error may well quote one."""
    value = msgspec.json.decode(encoded)
    return _without_nul(value) if b"\\u0000" in encoded else value


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_without_nul(part) for part in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(part) for name, part in value.items()}
    return value


class PostgresReader(Reader):
    """Asks the database itself; closing it hangs up."""

    def __init__(self, library: SharedLibrary) -> None:
        super().__init__()
        self._library = library

    def _answer(self, body: bytes) -> bytes:
        name, params = _decoded(body)
        try:
            return b"0" + self._library.answer(name, params)
        except RefusedError as error:
            return b"1" + msgspec.json.encode({"error": error.kind, "message": str(error)})


def open_ends(target: Target, layout: Layout) -> Ends:
    """Return a lab's writer and reader on its database.

    Raises:
        StoreUnavailableError: it cannot be reached, or holds no lab (`flowforge db setup` makes one), or
            that lab keeps its segments and blobs in another folder.
        StoreVersionError: its tables are of another version.
    """
    pool = Pool(target)
    pool.open()
    try:
        lab_id = look_over(pool)
        settle_depot(pool, layout)
    except BaseException:
        pool.close()
        raise
    facts = OwnerFacts(PROTOCOL, 0, len(MIGRATIONS), (0, 0), lab_id, is_copy=False)
    ledger = SharedLedger(pool, new_id())
    return Ends(
        PostgresWriter(ledger, facts),
        PostgresReader(SharedLibrary(pool)),
        lambda: _alone(pool),
        pool.answers,
        pool.statistics,
        pool.close,
    )


@contextlib.contextmanager
def _alone(pool: Pool) -> Iterator[bool]:
    """Give whether nobody else seals; the right goes with the connection, if that is lost."""
    [number] = numbers_of(["sealer"], pool.target.schema)
    with pool.connection() as connection:
        [is_mine] = connection.execute("select pg_try_advisory_lock(%s)", [number]).fetchone() or [
            False
        ]
        try:
            yield bool(is_mine)
        finally:
            if is_mine and not connection.closed:
                connection.execute("select pg_advisory_unlock(%s)", [number])
