"""The history: DuckDB in this process over sealed segments and the tail of the journal."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

from flowforge_lab.errors import QueryError, StoreError

from .live import LiveExecutions, OpenVisits
from .reading import Reader
from .segments import SegmentFiles
from .tail import (
    DEAD_LETTER_MARKS,
    LIVE_EXECUTIONS,
    OPEN_VISITS,
    RECENT_EVENTS,
    Place,
    TailPage,
    insert,
    read_page,
    remove,
)
from .views import RECENT, define_views

if TYPE_CHECKING:  # both are heavy, and many who open a store ask no history
    import duckdb
    import pandas as pd

Params = Mapping[str, Any]


class History:
    """The views named in `views.VIEWS`, always up to date.

    Each thread has a cursor of its own; DuckDB gives wrong answers where threads share one.
    """

    def __init__(self, files: SegmentFiles, reader: Reader) -> None:
        self._files = files
        self._reader = reader
        self._lock = threading.Lock()
        self._local = threading.local()
        self._database: duckdb.DuckDBPyConnection | None = None
        self._place = Place()
        self._names: list[str] | None = None
        self._sealed_to = 0
        self._visits = OpenVisits()
        self._live = LiveExecutions()

    def connect(self) -> "duckdb.DuckDBPyConnection":
        """Return this thread's cursor, everything acknowledged so far in its views."""
        with self._lock:
            database = self._database or self._open()
            self._refresh(database)
            cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
            if cursor is None:
                cursor = self._local.cursor = database.cursor()
        return cursor

    def another_cursor(self) -> "duckdb.DuckDBPyConnection":
        """Return a cursor of its own that the caller closes, everything acknowledged in its views."""
        with self._lock:
            database = self._database or self._open()
            self._refresh(database)
            return database.cursor()

    def frame(self, sql: str, params: Params | None = None) -> "pd.DataFrame":
        """Return the rows of a query as a pandas frame; parameters are written `$name`.

        Raises:
            QueryError: DuckDB refused the query; the text is its own.
        """
        with _speaking_our_errors(sql):
            return _result(self.connect(), sql, params).df()

    def rows(self, sql: str, params: Params | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query, each as a dict; blocks this thread."""
        with _speaking_our_errors(sql):
            return _as_dicts(_result(self.connect(), sql, params))

    async def query(self, sql: str, params: Params | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query, run off the loop; a cancelled caller interrupts it."""
        cursor = await self._reader.run(self.another_cursor)

        def run() -> list[dict[str, Any]]:
            with _speaking_our_errors(sql):
                return _as_dicts(_result(cursor, sql, params))

        return await _interruptible(self._reader, run, cursor)

    def moment(self) -> "tuple[duckdb.DuckDBPyConnection, list[str]]":
        """Return a cursor that sees this moment only, and the segments of the same moment.

        The caller closes the cursor.
        """
        with self._lock:
            database = self._database or self._open()
            self._refresh(database)
            cursor = database.cursor()
            cursor.execute("begin")
            cursor.execute("select 1 from recent_events limit 1").fetchall()
            return cursor, list(self._names or [])

    def close(self) -> None:
        """Close DuckDB; cursors that were handed out are closed with it."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._database is not None:
            _close(self._database)
        self._database = None
        self._local = threading.local()

    def _open(self) -> "duckdb.DuckDBPyConnection":
        import duckdb

        database = duckdb.connect(":memory:")
        database.execute("set global TimeZone = 'UTC'")
        with contextlib.suppress(duckdb.Error):  # its name changes between versions
            database.execute("set parquet_metadata_cache = true")
        database.execute(RECENT)
        self._place = Place()
        self._names, self._sealed_to = None, 0
        self._visits, self._live = OpenVisits(), LiveExecutions()
        self._database = database
        return database

    def _refresh(self, database: "duckdb.DuckDBPyConnection") -> None:
        with_open = self._names is None
        has_more = True
        while has_more:
            page = read_page(self._reader, self._place, with_open=with_open)
            if page.sealed_to > self._place.after and not with_open:
                with_open = True  # rows were sealed that we never saw: ask for open visits anew
                continue
            self._take(database, page, with_open=with_open)
            has_more, with_open = page.has_more, False

    def _take(
        self, database: "duckdb.DuckDBPyConnection", page: TailPage, *, with_open: bool
    ) -> None:
        database.execute("begin")
        try:
            if with_open:
                self._visits.restart(page.open_visits)
                database.execute("delete from open_visits")
                insert(database, OPEN_VISITS, page.open_visits)
            self._take_rows(database, page)
            self._take_heads(database, page)
            self._take_marks(database, page)
            self._take_segments(database, page)
            database.execute("commit")
        except BaseException:
            self._forget()  # half-known is worse than unknown: the next question starts anew
            raise
        marked = page.marks[-1][-1] if page.marks else self._place.marked
        self._place = Place(max(page.last, page.sealed_to), page.changed, marked)

    def _take_rows(self, database: "duckdb.DuckDBPyConnection", page: TailPage) -> None:
        insert(database, RECENT_EVENTS, page.rows)
        opened, leaving = self._visits.take(page.rows)
        remove(database, OPEN_VISITS, leaving)
        insert(database, OPEN_VISITS, opened)

    def _take_heads(self, database: "duckdb.DuckDBPyConnection", page: TailPage) -> None:
        arriving, leaving = self._live.take(page.heads)
        remove(database, LIVE_EXECUTIONS, leaving)
        rows = [[getattr(head, name) for name in LIVE_EXECUTIONS.columns] for head in arriving]
        insert(database, LIVE_EXECUTIONS, rows)

    def _take_marks(self, database: "duckdb.DuckDBPyConnection", page: TailPage) -> None:
        remove(database, DEAD_LETTER_MARKS, [mark[0] for mark in page.marks])
        insert(database, DEAD_LETTER_MARKS, [mark[:-1] for mark in page.marks])

    def _take_segments(self, database: "duckdb.DuckDBPyConnection", page: TailPage) -> None:
        if page.sealed_to != self._sealed_to:  # what was sealed may be deleted already
            database.execute("delete from recent_events where id <= ?", [page.sealed_to])
            self._sealed_to = page.sealed_to
        names = [segment.name for segment in page.segments]
        if names == self._names:
            return
        self._files.have(names)
        for name, query in define_views(self._files.folder, names).items():
            database.execute(f"create or replace view {name} as {query}")
        self._names = names


def _result(
    cursor: "duckdb.DuckDBPyConnection", sql: str, params: Params | None
) -> "duckdb.DuckDBPyConnection":
    result: duckdb.DuckDBPyConnection | None = cursor.execute(sql, dict(params or {}))
    if result is None:
        msg = "there is no statement in the query"
        raise QueryError(msg)
    return result


def _close(database: "duckdb.DuckDBPyConnection") -> None:
    """Close a database; where another thread still asks it something, it goes with that question."""
    import duckdb

    with contextlib.suppress(duckdb.Error):
        database.close()


def _as_dicts(cursor: "duckdb.DuckDBPyConnection") -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextlib.contextmanager
def _speaking_our_errors(sql: str) -> Any:
    import duckdb

    try:
        yield
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        raise QueryError(_said(error, sql)) from error
    except duckdb.Error as error:
        raise StoreError(_said(error, sql)) from error


def _said(error: Exception, sql: str) -> str:
    return f"{error} in {sql.strip()[:200]!r}"


async def _interruptible(
    reader: Reader, work: Callable[[], list[dict[str, Any]]], cursor: "duckdb.DuckDBPyConnection"
) -> list[dict[str, Any]]:
    """Run `work` off the loop; where the caller is cancelled, stop the query and wait for its end."""
    running = asyncio.get_running_loop().create_task(reader.run(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        cursor.interrupt()
        with contextlib.suppress(StoreError):
            await running
        raise
    finally:
        cursor.close()
