"""SQL over frames, files and a DuckDB file, in a thread, with limits, and nothing spliced into it."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import Any

import msgspec

from flowforge_lab.errors import NodeError
from flowforge_lab.values import Frame

from .sql_text import parameters_told

_READERS = {
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".parquet": "read_parquet",
    ".json": "read_json",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
}
_INTERRUPT_SECONDS = 0.05
_MAX_THREADS = 8


class SqlQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask. `parameters` are bound by name (`$month`); `tables` are frames, rows, files.

    Without `database` the statements run in memory. Nothing else on disk can be read or written.
    The last statement gives the result; more than `max_rows` rows are an error, never cut
    silently.
    """

    sql: str
    parameters: Mapping[str, Any] = {}
    tables: Mapping[str, Frame | Path | list[Any]] = {}
    database: Path | None = None
    is_read_only: bool = True
    max_rows: int = 1_000_000
    max_memory_bytes: int = 1_000_000_000
    seconds: float | None = None


class SqlResult(msgspec.Struct, frozen=True):
    """What came back: a frame, with decimals as floats as DuckDB does it, and how to get exact rows."""

    frame: Frame
    rows: Callable[[], list[dict[str, Any]]]


class SqlClient:
    """Runs queries, each in a database instance of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="flowforge-sql")

    async def query(self, query: SqlQuery) -> SqlResult:
        """Run the statements and return what the last one gives. May be cancelled: it is interrupted.

        Raises:
            NodeError: of type `sql.invalid` (it can never work), `.failed`, `.memory`, `.locked`,
                `.timeout` or `.too_many_rows`.
        """
        try:
            async with asyncio.timeout(query.seconds):
                return await self._interruptible(query)
        except TimeoutError as error:
            text = f"the query ran longer than {query.seconds:g} s"
            raise NodeError(text, type="sql.timeout") from error

    async def close(self) -> None:
        """Let the threads go; queries that still run end first."""
        self._threads.shutdown(wait=False)

    async def _interruptible(self, query: SqlQuery) -> SqlResult:
        running = _Running()
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._threads, running.run, query)
        try:
            return await asyncio.shield(done)
        finally:
            while not done.done():
                running.interrupt()
                await asyncio.wait({done}, timeout=_INTERRUPT_SECONDS)
            if not done.cancelled():
                done.exception()  # heard, when the wait for it was cancelled


class _Running:
    """One query in its thread, and the handle to interrupt it from another."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._is_unwanted = threading.Event()

    def interrupt(self) -> None:
        self._is_unwanted.set()
        if self._connection is not None:
            self._connection.interrupt()

    def run(self, query: SqlQuery) -> SqlResult:
        import duckdb

        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "memory_limit": f"{query.max_memory_bytes}B",
            "temp_directory": "",
        }
        with _translated(), duckdb.connect(":memory:", config=config) as connection:
            self._connection = connection
            try:
                _prepare(connection, query)
                table = self._last(connection, query)
            finally:
                self._connection = None
        whole = _whole_numbers(table.rename_columns(_unique(table.column_names)))
        return SqlResult(_frame_of(whole), whole.to_pylist)

    def _last(self, connection: Any, query: SqlQuery) -> Any:
        statements = connection.extract_statements(query.sql)
        if not statements:
            msg = "there is no statement in it"
            raise _invalid(msg)
        _check_parameters(statements, query.parameters)
        relation = None
        for statement in statements:
            if self._is_unwanted.is_set():
                msg = "it was cancelled"
                raise _invalid(msg)
            names = statement.named_parameters
            bound = {name: query.parameters[name] for name in names}
            relation = connection.sql(statement, params=bound or None)
        if relation is None:
            msg = "its last statement gives no rows"
            raise _invalid(msg)
        _check_columns(relation)
        table = relation.limit(query.max_rows + 1).to_arrow_table()
        if table.num_rows > query.max_rows:
            title = f"the query gives more than {query.max_rows:,} rows"
            detail = "add a LIMIT, aggregate, or raise max_rows"
            raise NodeError(title, type="sql.too_many_rows", detail=detail, is_transient=False)
        return table


def _check_columns(relation: Any) -> None:
    """Refuse what no data frame can keep: lengths of time in months, days and microseconds at once."""
    for column, kind in zip(relation.columns, relation.types, strict=True):
        if str(kind) == "INTERVAL":
            msg = "column {} is an INTERVAL; give seconds instead: epoch({})"
            raise _invalid(msg, column, column)


def _prepare(connection: Any, query: SqlQuery) -> None:
    if query.database is not None:
        mode = "READ_ONLY" if query.is_read_only else "READ_WRITE"
        connection.execute(f"ATTACH {_quoted(str(query.database))} AS connection ({mode})")
        connection.execute("USE connection")
    files = [table for table in query.tables.values() if isinstance(table, Path)]
    allowed = ", ".join(_quoted(str(path)) for path in files)
    connection.execute(f"SET allowed_paths = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    for name, table in query.tables.items():
        if isinstance(table, Path):
            source = f"{_reader(table)}({_quoted(str(table))})"
            connection.execute(f"CREATE TEMP VIEW {_name(name)} AS FROM {source}")  # quoted
        else:
            connection.register(name, _arrow(name, table))


def table_reader(path: PurePath) -> str:
    """Return the function of DuckDB that reads such a file.

    Raises:
        ValueError: its name is not that of a table.
    """
    endings = [ending.lower() for ending in path.suffixes if ending != ".gz"]
    if endings and endings[-1] in _READERS:
        return _READERS[endings[-1]]
    msg = f"{path.name} is no table; known are: {', '.join(sorted(_READERS))}"
    raise ValueError(msg)


def _reader(path: Path) -> str:
    try:
        return table_reader(path)
    except ValueError as error:
        msg = "{}"
        raise _invalid(msg, str(error)) from error


def _arrow(name: str, table: Frame | list[Any]) -> Any:
    import pyarrow as pa

    try:
        if isinstance(table, list):
            return pa.Table.from_pylist(table)
        return pa.Table.from_pandas(table.to_pandas(), preserve_index=False)
    except (pa.ArrowException, AttributeError) as error:
        msg = "{} cannot be read as a table: {}"
        raise _invalid(msg, name, str(error)) from error


def _whole_numbers(table: Any) -> Any:
    """Return the table with sums of integers as integers again; DuckDB makes them decimals."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            with suppress(pa.ArrowInvalid):
                table = table.set_column(index, field.name, table.column(index).cast(pa.int64()))
    return table


def _frame_of(table: Any) -> Frame:
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(index, field.name, table.column(index).cast(pa.float64()))
    return Frame.of(table.to_pandas())


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name] - 1}")
    return result


def _check_parameters(statements: list[Any], given: Mapping[str, Any]) -> None:
    wanted = {name for statement in statements for name in statement.named_parameters}
    told = parameters_told(wanted, given)
    if told:
        msg = "{}"
        raise _invalid(msg, told)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _invalid(detail: str, *found: str) -> NodeError:
    title = "the query cannot be run"
    return NodeError(
        title,
        type="sql.invalid",
        detail=detail.format(*found) if found else detail,
        is_transient=False,
    )


@contextmanager
def _translated() -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        title = "the query needs more memory than it may have"
        raise NodeError(title, type="sql.memory", detail=str(error), is_transient=False) from error
    except (
        duckdb.ProgrammingError,
        duckdb.DataError,
        duckdb.IntegrityError,
        duckdb.NotSupportedError,
        duckdb.PermissionException,
    ) as error:
        raise _invalid(str(error)) from error
    except duckdb.IOException as error:
        is_locked = "lock" in str(error).lower()
        title = "another process holds the database" if is_locked else "the query failed"
        kind = "sql.locked" if is_locked else "sql.failed"
        raise NodeError(title, type=kind, detail=str(error)) from error
    except duckdb.Error as error:
        msg = "the query failed"
        raise NodeError(msg, type="sql.failed", detail=str(error)) from error
