"""PostgreSQL through psycopg: a small pool, transactions, and its errors in our words.

The pool is our own: psycopg's keeps trying in the background and tells nobody why it cannot connect. psycopg
is imported here and nowhere else, so this file is itself imported late.
"""

import asyncio
import select
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from flowforge_lab.errors import NodeError

try:
    import psycopg
    from psycopg import AsyncConnection, errors
    from psycopg.rows import dict_row
    from psycopg.types.json import Jsonb
    from psycopg.types.string import TextLoader
except ImportError as error:
    msg = "a library is missing"
    raise NodeError(
        msg,
        type="library.missing",
        detail=f"PostgreSQL needs pip install flowforge-lab[databases]: {error}",
        is_transient=False,
    ) from error

from .building import built
from .policy import TablePolicy
from .statements import Ready
from .work import Address, Outcome, Work, refuse_twins, too_many_rows

_AS_TEXT = (
    "inet",
    "cidr",
    "int4range",
    "int8range",
    "numrange",
    "tsrange",
    "tstzrange",
    "daterange",
)
_CHUNK = 1_000
Rows = dict[str, Any]
Connection = AsyncConnection[Rows]


class Pool:
    """Connections to one database, at most so many; the last one used is used first."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._idle: list[Connection] = []
        self._room = asyncio.Semaphore(address.max_connections)

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Connection]:
        """Lend a connection that works; one that was used wrongly or cut off is not lent again."""
        async with self._room:
            connection = self._take() or await self._connect()
            try:
                yield connection
            finally:
                if _is_clean(connection):
                    self._idle.append(connection)
                else:
                    await connection.close()

    async def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._idle.pop().close()

    def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and not _is_cut(connection):
                return connection
            connection.pgconn.finish()
        return None

    async def _connect(self) -> Connection:
        told = self._address
        with _translated():
            connection = await AsyncConnection.connect(
                host=told.host,
                port=told.port,
                dbname=told.database,
                user=told.user or None,
                password=told.password or None,
                sslmode=told.ssl,
                sslrootcert=told.ca_file or None,
                connect_timeout=max(int(told.connect_seconds), 1),
                application_name="flowforge-lab",
                autocommit=True,
                row_factory=dict_row,
                prepare_threshold=None,  # a pooler between us and the database may not know of them
            )
        for name in _AS_TEXT:
            connection.adapters.register_loader(name, TextLoader)
        return connection


def _is_clean(connection: Connection) -> bool:
    idle = psycopg.pq.TransactionStatus.IDLE
    return not connection.closed and connection.info.transaction_status == idle


def _is_cut(connection: Connection) -> bool:
    """Whether the other side has closed: nothing else makes an idle connection readable."""
    readable, _, _ = select.select([connection.fileno()], [], [], 0)
    return bool(readable)


def open_pool(address: Address) -> Pool:
    """Return a pool that connects on first use."""
    return Pool(address)


async def run_in_pool(pool: Pool, work: Work) -> list[Outcome]:
    """Run the statements and return what each came to."""
    groups = [[*built(one, work.policy, "postgres")] for one in work.statements]
    return await _within_time(pool, groups, work)


async def run_own(pool: Pool, statements: Sequence[Ready], *, seconds: float) -> list[Outcome]:
    """Run statements that need no judgement as one transaction, and return what each came to."""
    work = Work(statements=(), policy=TablePolicy(), seconds=seconds)
    return await _within_time(pool, [[one] for one in statements], work)


async def _within_time(pool: Pool, groups: list[list[Ready]], work: Work) -> list[Outcome]:
    try:
        async with asyncio.timeout(work.seconds), pool.lend() as connection:
            with _translated():
                return await _run(connection, groups, work)
    except TimeoutError as error:
        text = f"the database took longer than {work.seconds:g} s"
        raise NodeError(text, type="sql.timeout") from error


async def _run(connection: Connection, groups: list[list[Ready]], work: Work) -> list[Outcome]:
    if work.is_atomic:
        async with connection.transaction():
            await _limit(connection, work)
            return [await _outcome(connection, group, work) for group in groups]
    outcomes = []
    for group in groups:
        async with connection.transaction():
            await _limit(connection, work)
            outcomes.append(await _outcome(connection, group, work))
    return outcomes


async def _limit(connection: Connection, work: Work) -> None:
    """Set the limits of this transaction, in one round trip."""
    mode = "ON" if work.is_read_only else "OFF"
    milliseconds = max(int(work.seconds * 1000), 1)
    await connection.execute(
        f"SET LOCAL transaction_read_only = {mode}; SET LOCAL statement_timeout = {milliseconds}"
    )


async def _outcome(connection: Connection, group: list[Ready], work: Work) -> Outcome:
    count = 0
    columns: tuple[str, ...] = ()
    rows: list[Rows] = []
    for ready in group:
        values = {name: _adapted(value) for name, value in ready.values.items()}
        if not ready.has_rows:
            count += (await connection.execute(ready.text, values)).rowcount
            continue
        limit = work.max_rows - len(rows)
        columns, found = await _read(connection, ready, values, limit=limit)
        rows += found
        count += len(found)
    return Outcome(count, columns, rows)


async def _read(
    connection: Connection, ready: Ready, values: Rows, *, limit: int
) -> tuple[tuple[str, ...], list[Rows]]:
    """Return the columns and rows; no more than the limit and one chunk are ever held."""
    rows: list[Rows] = []
    text: Any = ready.text
    async with connection.cursor() as cursor:
        async for row in cursor.stream(text, values, size=_CHUNK):
            rows.append(row)
            if len(rows) > limit:
                raise too_many_rows(limit)
        if not rows and ready.is_read:
            await cursor.execute(text, values)  # a stream without rows does not tell its columns
        names = tuple(column.name for column in cursor.description or ())
        refuse_twins(names)
    return names, rows


def _adapted(value: Any) -> Any:
    """Return a value as psycopg takes it: fields, and lists with fields or lists in them, are JSON."""
    if isinstance(value, dict):
        return Jsonb(value)
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return Jsonb(value)
    return value


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise _told(error) from error


def _told(error: psycopg.Error) -> NodeError:
    detail = str(error).strip() or type(error).__name__
    if "FATAL:" in detail and any(words in detail for words in _UNWELCOME):
        title = "the database does not let us in"
        return NodeError(title, type="sql.connect", detail=detail, is_transient=False)
    for kinds, name, title, is_transient in _KINDS:
        if isinstance(error, kinds):
            return NodeError(title, type=name, detail=detail, is_transient=is_transient)
    return NodeError("the statement failed", type="sql.failed", detail=detail)


_UNWELCOME = ("does not exist", "authentication failed", "no pg_hba.conf entry")
_KINDS: tuple[tuple[tuple[type[psycopg.Error], ...], str, str, bool], ...] = (
    ((errors.QueryCanceled,), "sql.timeout", "the database took too long", True),
    (
        (errors.LockNotAvailable, errors.TooManyConnections),
        "sql.locked",
        "the database is busy",
        True,
    ),
    (
        (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction),
        "sql.not_allowed",
        "the database does not allow this",
        False,
    ),
    (
        (errors.DeadlockDetected, errors.SerializationFailure),
        "sql.failed",
        "others were in the way",
        True,
    ),
    ((psycopg.IntegrityError,), "sql.constraint", "a rule of the table forbids it", False),
    (
        (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError),
        "sql.invalid",
        "the statement cannot be run",
        False,
    ),
    ((psycopg.OperationalError,), "sql.connect", "no connection to the database", True),
)
