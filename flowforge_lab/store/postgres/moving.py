"""Copies a lab's journal from its own file to a database, and proves that all of it arrived."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from flowforge_lab.errors import ConflictError, StoreError, StoreUnavailableError
from flowforge_lab.ids import new_id
from flowforge_lab.store.database import Moved, Target
from flowforge_lab.store.doorway import Doorway, Terms
from flowforge_lab.store.layout import Layout, lay_out, lay_out_for
from flowforge_lab.store.objects import Objects
from flowforge_lab.store.owner.database import open_database
from flowforge_lab.store.owner.locking import try_lock
from flowforge_lab.store.snapshot import copy_journal

from .depot import settle_depot
from .pool import Pool, place_of
from .setup import raise_base, remember, set_up

_KEYS = {
    "events": "id",
    "executions": "id",
    "trigger_keys": "key",
    "signals": "id",
    "waits": "id",
    "blob_refs": "digest, execution_id",
    "segments": "name",
    "versions": "digest, workflow_id",
    "workflows": "id",
    "drafts": "workflow_id",
    "schedules": "workflow_id, node",
    "variables": "scope, owner, name",
    "activations": "id",
    "labels": "workflow_id, label",
    "pins": "workflow_id, node",
    "dead_letters": "execution_id",
    "users": "id",
    "bookings": "id",
}
"""The tables that are copied, each with what its rows are sorted by."""

_NUMBERED = ("signals", "waits", "activations", "bookings")
_TRUTHS = frozenset({"is_awaited", "is_replaced", "is_active"})
_META = ("lab_id", "sealed_to", "pruned_to")
_ORIGIN = "moved_from"
_FETCH_ROWS = 5_000
_LOCK_SECONDS = 10.0
_SHOWN = 3


class _Table(msgspec.Struct, frozen=True):
    """How many rows a table has, and the digest of them in order."""

    rows: int
    digest: str


def move(folder: Path, target: Target) -> Moved:
    """Copy the journal in `folder` to the target's database; see `move_to_database`."""
    layout = lay_out(folder)
    with _kept_out(layout), _copied(layout) as source:
        _refuse_running(source)
        set_up(target)
        pool = Pool(target)
        pool.open()
        try:
            found, was_there = _bring(source, pool)
            there = lay_out_for(folder, target)
            files = _copy_files(layout, there)
            settle_depot(pool, there)
        except psycopg.Error as error:
            msg = f"PostgreSQL at {place_of(target.url)} did not take the lab: {error}"
            raise StoreError(msg) from error
        finally:
            pool.close()
        place = place_of(target.url)
        layout.moved.write_text(f"{place}, schema {target.schema}\n", encoding="utf-8")
    rows = {name: table.rows for name, table in found.items()}
    whole = hashlib.sha256("".join(table.digest for table in found.values()).encode())
    return Moved(place, target.schema, rows, whole.hexdigest(), files, was_there)


@contextlib.contextmanager
def _kept_out(layout: Layout) -> Iterator[None]:
    """Let nobody open the journal meanwhile: its owner goes, and no other can start."""
    facts = Doorway(layout.folder, Terms(linger=0.0)).retire(new_id())
    if facts is None:
        msg = f"somebody uses the lab in {layout.folder}: close its notebooks, servers and workers first"
        raise ConflictError(msg)
    if facts.is_copy:
        msg = "this lab was copied from another place; make it one of its own: flowforge doctor --adopt"
        raise ConflictError(msg)
    lock = _take_lock(layout.folder / "owner.lock")
    try:
        yield
    finally:
        os.close(lock)


def _take_lock(path: Path) -> int:
    deadline = time.monotonic() + _LOCK_SECONDS
    while time.monotonic() < deadline:
        lock = try_lock(path)
        if lock is not None:
            return lock
        time.sleep(0.02)  # noqa: TID251  # waits for another process, no engine is here
    msg = f"another process has just opened the lab ({path}): close it first"
    raise ConflictError(msg)


@contextlib.contextmanager
def _copied(layout: Layout) -> Iterator[sqlite3.Connection]:
    """Give a private copy of the journal, its tables of the newest version."""
    with tempfile.TemporaryDirectory(prefix="flowforge-") as place:
        copy_journal(layout.folder, Path(place))
        source = open_database(Path(place))
        try:
            yield source
        finally:
            source.close()


def _refuse_running(source: sqlite3.Connection) -> None:
    rows = source.execute("select id from executions where status = 'running'").fetchall()
    if rows:
        named = ", ".join(row[0] for row in rows[:_SHOWN])
        msg = (
            f"{len(rows)} executions run, such as {named}: let them end, or cancel them; those that a"
            " crash cut off go on with `flowforge resume`"
        )
        raise ConflictError(msg)


def _bring(source: sqlite3.Connection, pool: Pool) -> tuple[dict[str, _Table], bool]:
    """Copy everything in one transaction, unless it is there; return what is there now."""
    sent = {name: _digest_of(_rows_of(source, name)) for name in _KEYS}
    lab_id = _meta_of(source)["lab_id"]
    with pool.connection() as connection, connection.transaction():
        connection.execute("lock table turns in access exclusive mode")
        found = {name: _digest_of(_arrived(connection, source, name)) for name in _KEYS}
        if _origin_of(connection) == lab_id:
            _refuse_other(sent, found, pool.target)
            return found, True
        if any(table.rows for table in found.values()):
            msg = (
                f"{place_of(pool.target.url)}, schema {pool.target.schema!r}, holds another lab:"
                " name a schema of its own, or an empty database"
            )
            raise ConflictError(msg)
        _send(source, connection)
        found = {name: _digest_of(_arrived(connection, source, name)) for name in _KEYS}
        _compare(sent, found)
        remember(connection, _meta_of(source) | {_ORIGIN: lab_id})
        raise_base(connection)
    return found, False


def _refuse_other(sent: dict[str, _Table], found: dict[str, _Table], target: Target) -> None:
    changed = [name for name, table in sent.items() if found[name] != table]
    if changed:
        msg = (
            f"this lab is in {place_of(target.url)} already, and has gone on since in one of the two"
            f" places: {', '.join(changed)} differ; nothing was changed"
        )
        raise ConflictError(msg)


def _compare(sent: dict[str, _Table], found: dict[str, _Table]) -> None:
    for name, table in sent.items():
        if found[name] != table:
            msg = (
                f"{name}: sent {table.rows} rows ({table.digest[:12]}), found {found[name].rows}"
                f" ({found[name].digest[:12]}); nothing was kept"
            )
            raise StoreError(msg)


def _send(source: sqlite3.Connection, connection: psycopg.Connection) -> None:
    for name in _KEYS:
        columns = ", ".join(f'"{column}"' for column in _columns_of(source, name))
        with (
            connection.cursor() as cursor,
            cursor.copy(f"copy {name}({columns}) from stdin") as copy,
        ):
            for row in _rows_of(source, name):
                copy.write_row(row)
    for name in _NUMBERED:
        connection.execute(
            "select setval(pg_get_serial_sequence(%s, 'id'), greatest((select max(number) from"
            f" (select max(id) as number from {name} union all select %s) both_of), 1))",
            [name, _last_number(source, name)],
        )
    connection.execute(f"analyze {', '.join(_KEYS)}")


def _last_number(source: sqlite3.Connection, name: str) -> int:
    """Return the highest number that was ever given out: none of them may come again."""
    found = source.execute("select seq from sqlite_sequence where name = ?", (name,)).fetchone()
    return int(found[0]) if found else 0


def _columns_of(source: sqlite3.Connection, name: str) -> list[str]:
    return [row[1] for row in source.execute(f"pragma table_info({name})")]


def _rows_of(source: sqlite3.Connection, name: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table in order, truths as such."""
    columns = _columns_of(source, name)
    chosen = ", ".join(f'"{column}"' for column in columns)
    truths = [column in _TRUTHS for column in columns]
    for row in source.execute(f"select {chosen} from {name} order by {_KEYS[name]}"):
        yield tuple(
            bool(value) if is_truth else value for value, is_truth in zip(row, truths, strict=True)
        )


def _arrived(
    connection: psycopg.Connection, source: sqlite3.Connection, name: str
) -> Iterator[tuple[Any, ...]]:
    chosen = ", ".join(f'"{column}"' for column in _columns_of(source, name))
    with connection.cursor(f"arrived_{name}") as cursor:
        cursor.itersize = _FETCH_ROWS
        cursor.execute(f"select {chosen} from {name} order by {_KEYS[name]}")
        yield from cursor


def _digest_of(rows: Iterable[tuple[Any, ...]]) -> _Table:
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update(msgspec.json.encode(row) + b"\n")
        count += 1
    return _Table(count, digest.hexdigest())


def _meta_of(source: sqlite3.Connection) -> dict[str, str]:
    facts = dict(source.execute("select name, value from meta").fetchall())
    return {name: facts[name] for name in _META if name in facts}


def _origin_of(connection: psycopg.Connection) -> str:
    found = connection.execute("select value from meta where name = %s", [_ORIGIN]).fetchone()
    return str(found[0]) if found else ""


def _copy_files(here: Layout, there: Layout) -> int:
    """Copy segments, blobs and artifacts to where all machines have them; return how many."""
    sent = 0 if there.objects is None else _store(here, there.objects)
    if there.depot == here.depot:
        return sent
    pairs = [(here.artifacts, there.artifacts)]
    if there.objects is None:
        pairs += [(here.segments, there.segments), (here.blobs, there.blobs)]
    try:
        return sent + sum(_copy_tree(*pair) for pair in pairs)
    except OSError as error:
        msg = f"cannot copy the files of the lab to {there.depot}: {error}"
        raise StoreUnavailableError(msg) from error


def _store(here: Layout, objects: Objects) -> int:
    """Store the segments and blobs of a folder as objects, those that are not there yet."""
    there = {one.name: one.bytes for one in objects.list("")}
    count = 0
    for folder in (here.segments, here.blobs):
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(here.folder))
            is_draft = path.name.startswith(".") or not path.is_file()
            if is_draft or there.get(name) == path.stat().st_size:
                continue
            objects.put(name, path)
            count += 1
    return count


def _copy_tree(source: Path, target: Path) -> int:
    """Copy what is not there yet; none of these files ever changes, so its size tells."""
    count = 0
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir() or (place.is_file() and place.stat().st_size == path.stat().st_size):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{new_id()[-8:]}")
        shutil.copy2(path, draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(place)
        count += 1
    return count
