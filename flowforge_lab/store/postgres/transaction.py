"""A transaction as the owner's operations know a database: statements in, rows out."""

import contextlib
import functools
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg

from .statements import placed

_placed = functools.cache(placed)
_FETCH_ROWS = 200


class StatementError(ValueError):
    """PostgreSQL refused a statement for what stands in it: the unit is bad, the others are not."""


class Answer:
    """The rows of a statement; none where it gives none."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        """Return the next row; `None` behind the last."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


class Transaction:
    """Runs shared statements on the connection of the moment."""

    def __init__(self) -> None:
        self.connection: psycopg.Connection | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> Answer:
        """Run a shared statement, written for SQLite's placeholders.

        Raises:
            StatementError: it can never work with these parameters.
        """
        return self.run(_placed(sql), parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> None:
        """Run a shared statement once for each of many parameters."""
        with telling(), self._open.cursor() as cursor:
            cursor.executemany(_placed(sql), list(parameters))

    def run(self, sql: str, parameters: Any = ()) -> Answer:
        """Run a statement of PostgreSQL's own."""
        with telling():
            cursor = self._open.execute(sql, parameters)
            return Answer(cursor.fetchall() if cursor.description else [])

    def savepoint(self) -> contextlib.AbstractContextManager[psycopg.Transaction]:
        """Return what undoes the statements in it where they fail, and no others."""
        return self._open.transaction()

    @contextlib.contextmanager
    def streaming(self) -> Iterator["Stream"]:
        """Give what runs shared queries without fetching more rows than are looked at."""
        stream = Stream(self._open)
        try:
            yield stream
        finally:
            stream.close()

    @property
    def _open(self) -> psycopg.Connection:
        if self.connection is None:
            raise RuntimeError("no transaction is open")
        return self.connection


class Stream:
    """Queries whose rows come as they are wanted; only in a transaction."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._cursors: list[psycopg.ServerCursor] = []

    def execute(self, sql: str, parameters: Any = (), /) -> psycopg.ServerCursor:
        """Run a shared query; its rows are fetched some hundred at a time."""
        cursor = self._connection.cursor(f"stream_{len(self._cursors)}")
        cursor.itersize = _FETCH_ROWS
        self._cursors.append(cursor)
        return cursor.execute(_placed(sql), parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> None:
        """Refuse: a stream only reads."""
        raise NotImplementedError(sql, parameters)

    def close(self) -> None:
        """Let the database forget the queries."""
        for cursor in self._cursors:
            cursor.close()


class telling:  # noqa: N801  # reads as a verb
    """Turns what can never work into `StatementError`; the rest may be tried again."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        lasting = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)
        if isinstance(error, (*lasting, psycopg.NotSupportedError)):
            raise StatementError(str(error).splitlines()[0]) from error
