"""The same in a DuckDB file: opened for one piece of work, in a thread, and nothing else on disk in reach."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from flowforge_lab.errors import NodeError

from .building import built
from .statements import Ready
from .work import Outcome, Work, refuse_twins, too_many_rows

_INTERRUPT_SECONDS = 0.05
_EVENTS = """CREATE TABLE IF NOT EXISTS events (
    id UUID PRIMARY KEY, happened_at TIMESTAMPTZ NOT NULL, event TEXT NOT NULL, user_id TEXT NOT NULL,
    properties JSON
)"""


async def run_in_file(path: Path, work: Work) -> list[Outcome]:
    """Run the statements and return what each came to; when cancelled, what runs is interrupted."""
    groups = [[*built(one, work.policy, "duckdb")] for one in work.statements]
    running = _Running(path, work, groups)
    done = asyncio.get_running_loop().run_in_executor(None, running.run)
    try:
        async with asyncio.timeout(work.seconds):
            return await asyncio.shield(done)
    except TimeoutError as error:
        text = f"the database took longer than {work.seconds:g} s"
        raise NodeError(text, type="sql.timeout") from error
    finally:
        while not done.done():
            running.interrupt()
            await asyncio.wait({done}, timeout=_INTERRUPT_SECONDS)
        if not done.cancelled():
            done.exception()  # heard, when the wait for it was cancelled


class _Running:
    """One piece of work in its thread, and the handle to interrupt it from another."""

    def __init__(self, path: Path, work: Work, groups: list[list[Ready]]) -> None:
        self._path = path
        self._work = work
        self._groups = groups
        self._connection: Any = None
        self._is_unwanted = threading.Event()

    def interrupt(self) -> None:
        self._is_unwanted.set()
        if self._connection is not None:
            self._connection.interrupt()

    def run(self) -> list[Outcome]:
        if self._work.is_read_only and not self._path.exists():
            msg = f"no database {self._path.name!r}"
            raise NodeError(msg, type="sql.connect", is_transient=False)
        config: dict[str, Any] = {"autoinstall_known_extensions": "false"}
        with (
            _translated(),
            duckdb.connect(
                str(self._path), read_only=self._work.is_read_only, config=config
            ) as connection,
        ):
            connection.execute("SET enable_external_access = false; SET lock_configuration = true")
            self._connection = connection
            try:
                return self._all(connection)
            finally:
                self._connection = None

    def _all(self, connection: Any) -> list[Outcome]:
        if not self._work.is_atomic:
            return [self._outcome(connection, group) for group in self._groups]
        connection.begin()
        try:
            outcomes = [self._outcome(connection, group) for group in self._groups]
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        return outcomes

    def _outcome(self, connection: Any, group: list[Ready]) -> Outcome:
        count = 0
        columns: tuple[str, ...] = ()
        rows: list[dict[str, Any]] = []
        for ready in group:
            if self._is_unwanted.is_set():
                msg = "it was cancelled"
                raise NodeError(msg, type="sql.failed")
            cursor = connection.execute(ready.text, dict(ready.values) or None)
            if not ready.has_rows:
                count += int((cursor.fetchone() or (0,))[0])
                continue
            columns = tuple(column[0] for column in cursor.description)
            refuse_twins(columns)
            rows += self._read(cursor, columns, len(rows))
            count = len(rows)
        return Outcome(count, columns, rows)

    def _read(self, cursor: Any, columns: tuple[str, ...], already: int) -> list[dict[str, Any]]:
        limit = self._work.max_rows - already
        found = cursor.fetchmany(limit + 1)
        if len(found) > limit:
            raise too_many_rows(limit)
        return [dict(zip(columns, row, strict=True)) for row in found]


def keep_events(path: Path, events: Sequence[Mapping[str, Any]]) -> None:
    """Add events to the table `events`, all or none; one that is there by its id stays as it is."""
    rows = [
        (
            one["id"],
            one["at"],
            one["event"],
            one["user"],
            json.dumps(one["properties"], default=str),
        )
        for one in events
    ]
    with _translated(), duckdb.connect(str(path)) as connection:
        connection.begin()
        connection.execute(_EVENTS)
        if rows:
            connection.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except duckdb.ConstraintException as error:
        msg = "sql.constraint"
        raise _told(msg, "a rule of the table forbids it", error) from error
    except (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError) as error:
        msg = "sql.invalid"
        raise _told(msg, "the statement cannot be run", error) from error
    except duckdb.PermissionException as error:
        msg = "sql.not_allowed"
        raise _told(msg, "the database does not allow this", error) from error
    except duckdb.IOException as error:
        is_locked = "lock" in str(error).lower()
        title = (
            "another process holds the database" if is_locked else "no connection to the database"
        )
        kind = "sql.locked" if is_locked else "sql.connect"
        raise NodeError(title, type=kind, detail=str(error)) from error
    except duckdb.Error as error:
        msg = "the statement failed"
        raise NodeError(msg, type="sql.failed", detail=str(error)) from error


def _told(kind: str, title: str, error: Exception) -> NodeError:
    return NodeError(title, type=kind, detail=str(error), is_transient=False)
