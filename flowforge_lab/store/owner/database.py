"""The file: opens `journal.db` so that a commit means on disk, and lays or refuses its tables."""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from .schema import MIGRATIONS

SCHEMA = len(MIGRATIONS)
"""The version of the tables, kept in the file as `user_version`."""


_FULL = 2
"""What `pragma synchronous` says when every commit is synced."""


class Rows(Protocol):
    """What a statement gave back."""

    def fetchone(self) -> Any:
        """Return the next row; `None` behind the last."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """What the operations need of a database: SQLite here, PostgreSQL where many machines write."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Rows:
        """Run a statement; parameters stand as `?` or as `:name`."""

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """Run a statement once for each of many parameters."""


class RefusedError(Exception):
    """What cannot be done, as a kind the client turns into its error, and a sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def open_database(folder: Path) -> sqlite3.Connection:
    """Return the one writing connection, its tables at the newest version, durable on commit."""
    path = folder / "journal.db"
    try:
        connection = _connect(path)
        _migrate(connection)
        connection.create_function("same_json", 2, _is_same_json, deterministic=True)
    except sqlite3.Error as error:
        raise RefusedError(kind_of(error), f"cannot open {path}: {error}") from error
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    return connection


def open_reader(folder: Path) -> sqlite3.Connection:
    """Return a connection for another thread that sees committed rows and can change nothing."""
    connection = _connect(folder / "journal.db")
    connection.execute("pragma query_only = on")
    return connection


def kind_of(error: Exception) -> str:
    """Return the word for what a database error means to a client."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return "full"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return "unavailable"
    return "refused"


def _is_same_json(one: str, other: str) -> bool:
    """Whether two texts are the same value, whoever wrote them; 1, 1.0 and true are three."""
    first, second = (json.dumps(json.loads(text), sort_keys=True) for text in (one, other))
    return first == second


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    [mode] = connection.execute("pragma journal_mode = wal").fetchone()
    connection.execute("pragma synchronous = full")
    connection.execute("pragma fullfsync = on")
    connection.execute("pragma journal_size_limit = 67108864")
    connection.execute("pragma cache_size = -16384")
    [synchronous] = connection.execute("pragma synchronous").fetchone()
    if mode != "wal" or synchronous != _FULL:
        message = (
            f"{path} cannot be kept durable here (journal_mode {mode}, synchronous {synchronous})"
        )
        msg = "unavailable"
        raise RefusedError(msg, message)
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    [version] = connection.execute("pragma user_version").fetchone()
    if version > SCHEMA:
        message = (
            f"the journal has format {version}, this version of flowforge-lab reads up to {SCHEMA}:"
            " upgrade flowforge-lab"
        )
        msg = "version"
        raise RefusedError(msg, message)
    for step in range(version, SCHEMA):
        script = f"begin immediate; {MIGRATIONS[step]} pragma user_version = {step + 1}; commit;"
        connection.executescript(script)
