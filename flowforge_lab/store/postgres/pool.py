"""The connections to the database: opened when wanted, kept for the next one, errors in our words."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from flowforge_lab.errors import StoreError, StoreFullError, StoreUnavailableError
from flowforge_lab.store.database import Target

T = TypeVar("T")
_TRIES = 6
_WAITS = 3
_WAIT_SECONDS = 5.0
"""How often, and how long each time, is waited for a connection.

The pool gives up connecting after one such time, and the next who wants a connection starts it anew: left to
itself it pauses twice as long each time, and is away as long again as the database was.
"""
_PROBE_SECONDS = 1.0
_LINK = {
    "connect_timeout": 10,
    "tcp_user_timeout": 15_000,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""After how long a database that says nothing at all counts as away; what an address says goes before."""
_IDLE_IN_TRANSACTION = "15s"
"""A client that stopped in the middle of a transaction loses it, or its locks would stop all others."""


class QueryStatistics(msgspec.Struct):
    """How often something was asked of the database, how long that took, and what came of it."""

    count: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    errors: int = 0


class Pool:
    """Connections to one lab's schema; for any number of threads."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._lock = threading.Lock()
        self._queries: dict[str, QueryStatistics] = {}
        self._pause = threading.Event()
        self._pool = ConnectionPool(
            target.url,
            min_size=1,
            max_size=target.pool_size,
            timeout=_WAIT_SECONDS,
            reconnect_timeout=_WAIT_SECONDS,
            configure=self._configure,
            kwargs=_link_of(target.url) | {"autocommit": True, "application_name": "flowforge"},
            name="flowforge",
            open=False,
        )

    def open(self) -> None:
        """Connect once.

        Raises:
            StoreUnavailableError: the database cannot be reached; the text names the place, no password.
        """
        try:
            psycopg.connect(self.target.url, **_link_of(self.target.url)).close()
        except psycopg.Error as error:
            msg = f"cannot reach PostgreSQL at {place_of(self.target.url)}: {_first_line(error)}"
            raise StoreUnavailableError(msg) from error
        self._pool.open()

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._pool.close()

    @contextlib.contextmanager
    def connection(self) -> "Iterator[psycopg.Connection]":
        """Give a connection in autocommit; one that broke is not given again."""
        with self._pool.connection() as connection:
            yield connection

    def again(self, name: str, work: Callable[[], T]) -> T:
        """Return what `work` returns, done again where the database or another transaction was in the way.

        Raises:
            StoreFullError: the database has no room.
            StoreUnavailableError: it could not be reached, or it refused, several times.
        """
        waits = 0
        for number in range(_TRIES):
            try:
                return self._timed(name, work)
            except PoolTimeout as error:
                waits += 1
                if waits == _WAITS:
                    raise self._unreachable(error) from error
            except (psycopg.OperationalError, errors.ReadOnlySqlTransaction) as error:
                if isinstance(error, errors.DiskFull):
                    msg = f"PostgreSQL: {_first_line(error)}"
                    raise StoreFullError(msg) from error
                if number == _TRIES - 1:
                    raise self._unreachable(error) from error
                self._recover(error, number)
            except psycopg.Error as error:
                msg = f"PostgreSQL refused: {_first_line(error)}"
                raise StoreError(msg) from error
        raise AssertionError

    def _recover(self, error: psycopg.Error, number: int) -> None:
        """Wait a moment; where the database was away, its other connections are of no use either."""
        if isinstance(error, errors.TransactionRollback):
            self._pause.wait(0.01 * number)
            return
        self._pause.wait(0.2 * number)
        self._pool.check()

    def answers(self) -> bool:
        """Whether the database answers now; says so within some seconds, and tries nothing else."""
        for _ in range(2):
            try:
                with self._pool.connection(timeout=_PROBE_SECONDS) as connection:
                    connection.execute("select 1 from meta limit 1")
                    return True
            except PoolTimeout:
                return False
            except psycopg.OperationalError:  # the one connection broke; another may be well
                self._pool.check()
            except psycopg.Error:
                return False
        return False

    def pause(self, seconds: float) -> None:
        """Wait a moment for other transactions."""
        self._pause.wait(seconds)

    def statistics(self) -> dict[str, float]:
        """Return the pool's numbers (`pool_*`) and for each kind of question its own (`query_*`)."""
        found = {f"pool_{name}": float(value) for name, value in self._pool.get_stats().items()}
        with self._lock:
            for name, told in self._queries.items():
                for fact, value in msgspec.structs.asdict(told).items():
                    found[f"query_{name}_{fact}"] = float(value)
        return found

    def _unreachable(self, error: Exception) -> StoreError:
        place = place_of(self.target.url)
        return StoreUnavailableError(f"PostgreSQL at {place} gave up: {_first_line(error)}")

    def _timed(self, name: str, work: Callable[[], T]) -> T:
        began = time.monotonic()
        has_failed = True
        try:
            found = work()
            has_failed = False
            return found
        finally:
            self._note(name, time.monotonic() - began, has_failed=has_failed)

    def _note(self, name: str, seconds: float, *, has_failed: bool) -> None:
        with self._lock:
            told = self._queries.setdefault(name, QueryStatistics())
            told.count += 1
            told.seconds += seconds
            told.slowest = max(told.slowest, seconds)
            told.errors += has_failed

    def _configure(self, connection: "psycopg.Connection") -> None:
        connection.execute(
            sql.SQL("set search_path to {}").format(sql.Identifier(self.target.schema))
        )
        connection.execute(f"set idle_in_transaction_session_timeout = '{_IDLE_IN_TRANSACTION}'")


def _link_of(url: str) -> dict[str, Any]:
    said = conninfo_to_dict(url)
    return {name: value for name, value in _LINK.items() if name not in said}


def place_of(url: str) -> str:
    """Return host, port and database of an address, for messages: never its password."""
    facts = conninfo_to_dict(url)
    host = facts.get("host") or "localhost"
    return f"{host}:{facts.get('port') or 5432}/{facts.get('dbname') or ''}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
