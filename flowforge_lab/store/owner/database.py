"""The file: opens `journal.db` so that a commit means on disk, and lays or refuses its tables."""

import os
import sqlite3
from pathlib import Path

SCHEMA = 1
"""The version of the tables below, kept in the file as `user_version`."""

_MIGRATIONS = (
    """
create table meta(name text primary key, value text not null) without rowid;
create table events(
  id integer primary key autoincrement, execution_id text not null, seq integer not null,
  event_id text not null, at integer not null, type text not null, workflow_id text not null,
  node text not null, kind text not null, visit integer not null, attempt integer not null,
  status text not null, started_at integer not null, duration real not null,
  payload text not null, unique(execution_id, seq));
create table executions(
  id text primary key, workflow_id text not null, digest text not null, trigger text not null,
  created_at integer not null, key text not null, user text not null, session text not null,
  chat text not null, status text not null, wake_at integer, finished_at integer,
  error text not null, epoch integer not null, holder text, changed integer not null
) without rowid;
create index executions_live on executions(status, wake_at)
  where status in ('queued', 'running', 'waiting');
create index executions_changed on executions(changed);
create index executions_workflow on executions(workflow_id, id);
create table trigger_keys(
  key text primary key, execution_id text not null, at integer not null) without rowid;
create table signals(
  id integer primary key, execution_id text not null, kind text not null, payload text not null);
create index signals_execution on signals(execution_id);
create table applied(
  unit text primary key, at integer not null, result text not null) without rowid;
create table blob_refs(
  digest text not null, execution_id text not null, primary key(digest, execution_id)
) without rowid;
create index blob_refs_execution on blob_refs(execution_id);
create table segments(
  name text primary key, lo integer not null, hi integer not null, rows integer not null,
  bytes integer not null, first_id text not null, last_id text not null,
  first_at integer not null, last_at integer not null, created_at integer not null,
  dropped_at integer) without rowid;
create table versions(
  digest text not null, workflow_id text not null, name text not null, text text not null,
  at integer not null, primary key(digest, workflow_id)) without rowid;
create table workflows(
  id text primary key, name text not null, path text not null, active_digest text not null,
  latest_digest text not null, updated_at integer not null, activated_at integer) without rowid;
create table drafts(
  workflow_id text primary key, text text not null, at integer not null) without rowid;
create table schedules(
  workflow_id text not null, node text not null, spec text not null, next_at integer,
  last_at integer, is_active integer not null, primary key(workflow_id, node)) without rowid;
create table variables(
  scope text not null, owner text not null, name text not null, value text not null,
  expires_at integer, primary key(scope, owner, name)) without rowid;
""",
)


_FULL = 2
"""What `pragma synchronous` says when every commit is synced."""


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
        raise RefusedError("unavailable", message)
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    [version] = connection.execute("pragma user_version").fetchone()
    if version > SCHEMA:
        message = (
            f"the journal has format {version}, this version of flowforge-lab reads up to {SCHEMA}:"
            " upgrade flowforge-lab"
        )
        raise RefusedError("version", message)
    for step in range(version, SCHEMA):
        script = f"begin immediate; {_MIGRATIONS[step]} pragma user_version = {step + 1}; commit;"
        connection.executescript(script)
