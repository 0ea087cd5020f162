"""The history for questions that others wrote: they read its tables and reach nothing else."""

import asyncio
import io
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, TypeVar  # noqa: TID251  # see below

import msgspec

from flowforge_lab.errors import FlowForgeError, QueryError

from .history import History, Params
from .reading import Reader
from .segments import SegmentFiles
from .views import literal

if TYPE_CHECKING:  # heavy, and many who open a store ask no history
    import duckdb
    import pandas as pd
    import pyarrow as pa

T = TypeVar("T")
_THREADS = 2
_AT_ONCE = 10_000
_IN_MEMORY_BYTES = 8_000_000
_MAX_MEMORY = "1GB"
_READS = "SELECT"  # also what describes and sums up; an `explain analyze` runs anything
_WALLS = (
    "set python_enable_replacements = false",
    "set python_scan_all_frames = false",
    "set autoload_known_extensions = false",
    "set autoinstall_known_extensions = false",
    "set temp_directory = ''",
    f"set memory_limit = '{_MAX_MEMORY}'",
    "set arrow_lossless_conversion = true",
    "set enable_external_access = false",
    "set lock_configuration = true",
)


class QueryLimits(msgspec.Struct, frozen=True):
    """How long a question may take, and how much its answer may be."""

    seconds: float = 30.0
    rows: int = 1_000_000
    bytes: int = 500_000_000


class EnclosedHistory(History):
    """The views of the history in a database of their own, out of which no query leads.

    It opens no file but sealed segments, loads nothing, sees no variable of this process, and takes
    one statement that reads. It has threads of its own: a slow question holds nobody up but another one.
    """

    def __init__(self, files: SegmentFiles, reader: Reader) -> None:
        super().__init__(files, reader)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="flowforge-question")
        self._work = ThreadPoolExecutor(_THREADS, thread_name_prefix="flowforge-work")

    def _open(self) -> "duckdb.DuckDBPyConnection":
        database = super()._open()
        folder = literal(f"{self._files.folder.absolute()}/")
        database.execute(f"set allowed_directories = [{folder}]")
        for wall in _WALLS:
            database.execute(wall)
        return database

    def close(self) -> None:
        """Stop taking questions, and close DuckDB with what is under way."""
        for pool in (self._pool, self._work):
            pool.shutdown(wait=False, cancel_futures=True)
        super().close()

    async def query(
        self, sql: str, params: Params | None = None, *, limits: QueryLimits | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows of a question, each as a dict, within the usual limits or these.

        Raises:
            QueryError: it is none, or over a limit; the text says which.
        """
        return await self.ask(sql, params, limits=limits or QueryLimits(), read=_rows)

    async def arrow(
        self, sql: str, params: Params | None = None, *, limits: QueryLimits
    ) -> IO[bytes]:
        """Return the answer as a file in Arrow's stream format, at its begin; the caller closes it.

        Raises:
            QueryError: it is no question, or over a limit; the text says which.
        """
        return await self.ask(sql, params, limits=limits, read=_written)

    async def ask(
        self,
        sql: str,
        params: Params | None,
        *,
        limits: QueryLimits,
        read: "Callable[[Answer], T]",
    ) -> T:
        """Return what `read` makes of the answer, off the loop; a cancelled caller interrupts it.

        Raises as `query` does.
        """
        loop = asyncio.get_running_loop()
        cursor = await loop.run_in_executor(self._pool, self.another_cursor)
        answer = Answer(cursor, sql, dict(params or {}), limits=limits)
        running = loop.run_in_executor(self._pool, answer.given_to, read)
        return await _within(limits.seconds, running, answer.stop)

    async def work(self, do: "Callable[[Questions], T]", *, limits: QueryLimits) -> T:
        """Return what comes of some questions and of thinking about their answers, off the loop.

        All of it together has the time of the limits, each answer the rest of them. A cancelled caller
        interrupts it. It has threads of its own, beside those of `ask`.

        Raises as `query` does.
        """
        questions = Questions(self, limits)
        running = asyncio.get_running_loop().run_in_executor(self._work, do, questions)
        return await _within(limits.seconds, running, questions.stop)


class Questions:
    """Questions to an enclosed history, one after the other in one thread; stopped from any other one."""

    def __init__(self, history: EnclosedHistory, limits: QueryLimits) -> None:
        self._history = history
        self._limits = limits
        self._is_stopped = threading.Event()
        self._answer: Answer | None = None

    def frame(self, sql: str, params: Params | None = None) -> "pd.DataFrame":
        """Return the rows of a query as the pandas frame that DuckDB itself would give.

        Raises:
            QueryError: it is no question, over a limit, or stopped.
        """
        return self._asked(sql, params, _frame)

    def rows(self, sql: str, params: Params | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query, each as a dict; raises as `frame` does."""
        return self._asked(sql, params, _rows)

    def stop(self) -> None:
        """Let the question under way come to its end at once, and take no other one."""
        self._is_stopped.set()
        if self._answer is not None:
            self._answer.stop()

    def _asked(self, sql: str, params: Params | None, read: "Callable[[Answer], T]") -> T:
        cursor = self._history.another_cursor()
        self._answer = answer = Answer(cursor, sql, dict(params or {}), limits=self._limits)
        if self._is_stopped.is_set():
            answer.stop()
        return answer.given_to(read)


class Answer:
    """One question on its way: it may be stopped from another thread at any time."""

    def __init__(
        self,
        cursor: "duckdb.DuckDBPyConnection",
        sql: str,
        params: Mapping[str, Any],
        *,
        limits: QueryLimits,
    ) -> None:
        self._cursor = cursor
        self._sql = sql
        self._params = params
        self.limits = limits
        self._is_stopped = threading.Event()

    def given_to(self, read: "Callable[[Answer], T]") -> T:
        """Return what `read` makes of this; blocks this thread."""
        with _as_questions(self._sql):
            try:
                self._refuse_stopped()
                return read(self)
            finally:
                self._cursor.close()

    def stop(self) -> None:
        """Let it come to its end at once; nothing if it has."""
        import duckdb

        self._is_stopped.set()
        with suppress(duckdb.Error):  # it has come to its end meanwhile
            self._cursor.interrupt()

    def batches(self) -> "pa.RecordBatchReader":
        """Return what the query gives as Arrow batches, nothing of it read yet.

        Raises:
            QueryError: it is not one statement that reads.
        """
        found = self._judged().sql(self._sql, params=dict(self._params) or None)
        if found is None:
            raise QueryError("the query gives no rows")
        return found.to_arrow_reader(_AT_ONCE)

    def rows(self) -> "duckdb.DuckDBPyConnection":
        """Return what the query gives as a cursor to fetch rows from.

        Raises:
            QueryError: it is not one statement that reads.
        """
        return self._judged().execute(self._sql, dict(self._params))

    def _judged(self) -> "duckdb.DuckDBPyConnection":
        """Return the cursor to ask, if the query may be asked."""
        statements = self._cursor.extract_statements(self._sql)
        if len(statements) != 1:
            msg = f"expected one statement, found {len(statements)}"
            raise QueryError(msg)
        kind = statements[0].type.name
        if kind != _READS:
            msg = f"expected a query that only reads (select, with, from, describe), found {kind}"
            raise QueryError(msg)
        return self._cursor

    def counted(self, batches: Iterator[T], size: Callable[[T], int]) -> Iterator[T]:
        """Yield batches as long as nobody stops it and there are no more rows than may be.

        Raises:
            QueryError: it was stopped, or there are.
        """
        rows = 0
        for batch in batches:
            self._refuse_stopped()
            rows += size(batch)
            if rows > self.limits.rows:
                msg = f"the query gives more than {self.limits.rows:,} rows: add a limit, or sum them up"
                raise QueryError(msg)
            yield batch

    def _refuse_stopped(self) -> None:
        if self._is_stopped.is_set():
            raise QueryError("the query was stopped")


def read_arrow(file: IO[bytes]) -> "pd.DataFrame":
    """Return an answer in Arrow's stream format as the pandas frame that DuckDB itself would give."""
    import pyarrow as pa

    with pa.ipc.open_stream(file) as reader:
        return _as_pandas(reader.read_all())


def _as_pandas(table: "pa.Table") -> "pd.DataFrame":
    import duckdb

    with duckdb.connect(":memory:") as database:
        database.execute("set TimeZone = 'UTC'")
        frame: pd.DataFrame = database.from_arrow(table).df()
        return frame


def read_arrow_rows(file: IO[bytes]) -> list[dict[str, Any]]:
    """Return an answer in Arrow's stream format as dicts of Python values."""
    import duckdb
    import pyarrow as pa

    with duckdb.connect(":memory:") as database, pa.ipc.open_stream(file) as reader:
        database.execute("set TimeZone = 'UTC'")
        found = database.from_arrow(reader.read_all())
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def _written(answer: Answer) -> IO[bytes]:
    import pyarrow as pa

    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115  # the caller closes it
    try:
        reader = answer.batches()
        with pa.ipc.new_stream(file, reader.schema) as stream:
            for batch in answer.counted(iter(reader), lambda one: one.num_rows):
                stream.write_batch(batch)
                _refuse_larger(file, answer.limits.bytes)
    except BaseException:
        file.close()
        raise
    file.seek(0, io.SEEK_SET)
    return file


def _refuse_larger(file: IO[bytes], max_bytes: int) -> None:
    if file.tell() > max_bytes:
        msg = f"the answer is larger than {max_bytes:,} bytes: ask for less"
        raise QueryError(msg)


def _frame(answer: Answer) -> "pd.DataFrame":
    import pyarrow as pa

    reader = answer.batches()
    batches = list(answer.counted(iter(reader), lambda one: one.num_rows))
    return _as_pandas(pa.Table.from_batches(batches, reader.schema))


def _rows(answer: Answer) -> list[dict[str, Any]]:
    found = answer.rows()
    names = [column[0] for column in found.description or ()]
    batches = iter(lambda: found.fetchmany(_AT_ONCE), [])
    counted = answer.counted(batches, len)
    return [dict(zip(names, row, strict=True)) for some in counted for row in some]


async def _within(seconds: float, running: "asyncio.Future[T]", stop: Callable[[], object]) -> T:
    """Return what a question comes to; it is stopped after so long, or where the caller is cancelled.

    Raises:
        QueryError: it took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(running)
    except TimeoutError:
        msg = f"the query took more than {seconds:g} s"
        raise QueryError(msg) from None
    finally:
        stop()
        if not running.done():
            running.add_done_callback(_forgotten)


def _forgotten(running: "asyncio.Future[Any]") -> None:
    """Take note of how something ended for which nobody waits any more."""
    if not running.cancelled() and running.exception() is None:
        result = running.result()
        if hasattr(result, "close"):
            result.close()


@contextmanager
def _as_questions(sql: str) -> Iterator[None]:
    """Tell whatever goes wrong with a question as a fault of the question."""
    import duckdb

    try:
        yield
    except FlowForgeError:
        raise
    except duckdb.Error as error:
        msg = f"{error} in {sql.strip()[:200]!r}"
        raise QueryError(msg) from error
