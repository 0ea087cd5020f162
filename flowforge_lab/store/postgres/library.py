"""Answers what clients read, each question in one statement or one moment of the database."""

from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
from psycopg import IsolationLevel

from flowforge_lab.store.owner.database import RefusedError
from flowforge_lab.store.owner.statements import EVENT, HEAD, LIVE

from .pool import Pool
from .statements import READS

_PAGE_BYTES = 8_000_000
_FRESH_TRIES = 40
_FRESH_PAUSE = 0.005
_EVENTS = f"""select {EVENT} from (
    select *, sum(octet_length(payload)) over (order by seq) as size
    from (select * from events where execution_id = %(id)s and seq > %(after)s
          order by seq limit %(limit)s) page) sized
  where size < {_PAGE_BYTES} or seq = %(after)s + 1 order by seq"""
_TAIL = f"""select id, {EVENT} from (
    select *, sum(octet_length(payload)) over (order by id) as size,
      row_number() over (order by id) as place
    from (select * from events where id > %(after)s and id < %(horizon)s
          order by id limit %(limit)s) page) sized
  where size < {_PAGE_BYTES} or place = 1 order by id"""
_FOLLOW = f"""select id, {EVENT} from events where id > %(after)s and id < horizon()
  and (%(execution_id)s = '' or execution_id = %(execution_id)s) order by id limit %(limit)s"""
_OPEN = f"""select e.execution_id, e.workflow_id, e.visit, e.node, e.kind, e.at
  from executions x join events e on e.execution_id = x.id
  where {LIVE.replace("status", "x.status")} and e.type = 'visit.started' and not exists (
    select 1 from events f where f.execution_id = e.execution_id and f.visit = e.visit
    and f.type in ('visit.succeeded', 'visit.failed', 'visit.cancelled'))"""
# all of one change or none: those that were dismissed together have the same number
_MARKS = """select execution_id, status, retried_as, by, reason, changed from dead_letters
  where changed > 0 and changed > %(marked)s and changed < %(horizon)s
  and changed <= coalesce((select changed from dead_letters where changed > 0
    and changed > %(marked)s and changed < %(horizon)s order by changed limit 1 offset %(limit)s),
    changed) order by changed"""
_BROKEN = """select format('index %%s is not valid', c.relname) from pg_index i
  join pg_class c on c.oid = i.indexrelid
  where not i.indisvalid and c.relnamespace = current_schema()::regnamespace"""
_IN_FLIGHT = """select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint
  from pg_current_snapshot() s"""


class SharedLibrary:
    """Reads committed rows; for any number of threads."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._special: dict[str, Callable[..., Any]] = {
            "tail": self._tail,
            "events": self._events,
            "follow": self._follow,
            "integrity": self._integrity,
            "backup": self._backup,
        }

    def answer(self, name: str, params: dict[str, Any]) -> bytes:
        """Return the JSON answer to a named question.

        Raises:
            RefusedError: there is no such question, or it cannot be answered here.
            StoreError: the database could not be reached.
        """
        return msgspec.json.encode(self._pool.again(name, lambda: self._ask(name, params)))

    def _ask(self, name: str, params: dict[str, Any]) -> Any:
        try:
            with self._pool.connection() as connection:
                if name in self._special:
                    return self._special[name](connection, **params)
                if name in READS:
                    return _rows(connection, READS[name], params)
        except (psycopg.DataError, psycopg.ProgrammingError) as error:
            raise RefusedError("refused", str(error).splitlines()[0]) from error
        raise RefusedError("refused", f"no question is called {name!r}")

    def _events(
        self, connection: psycopg.Connection, *, id: str, after: int, limit: int
    ) -> dict[str, Any]:
        rows = _rows(connection, _EVENTS, {"id": id, "after": after, "limit": limit})
        return {"rows": rows, "last": rows[-1][1] if rows else None}

    def _follow(
        self, connection: psycopg.Connection, *, after: int, execution_id: str, limit: int
    ) -> list[Any]:
        params = {"after": after, "execution_id": execution_id, "limit": limit}
        rows = _rows(connection, _FOLLOW, params)
        return [(position, row) for position, *row in rows]

    def _tail(
        self,
        connection: psycopg.Connection,
        *,
        after: int,
        changed: int,
        marked: int,
        limit: int,
        with_open: bool,
    ) -> dict[str, Any]:
        """One moment's truth: the segments, the rows behind them, and what changed beside them."""
        self._wait_for_those_in_flight(connection)
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with connection.transaction():
                place = {"changed": changed, "marked": marked, "limit": limit}
                return _moment(connection, place, after=after, with_open=with_open)
        finally:
            connection.isolation_level = None

    def _wait_for_those_in_flight(self, connection: psycopg.Connection) -> None:
        """Let what was acknowledged come under the horizon: transactions that began before it hold it.

        They last some milliseconds; one that lasts longer is not waited for, it only delays the tail.
        """
        [(oldest, wanted)] = _rows(connection, _IN_FLIGHT, {})
        for _ in range(_FRESH_TRIES):
            if oldest >= wanted:
                return
            self._pool.pause(_FRESH_PAUSE)
            [(oldest, _next)] = _rows(connection, _IN_FLIGHT, {})

    def _integrity(self, connection: psycopg.Connection) -> list[str]:
        return [line for (line,) in _rows(connection, _BROKEN, {})] or ["ok"]

    def _backup(self, _connection: psycopg.Connection, *, name: str) -> str:
        raise RefusedError(
            "refused",
            f"the journal is in PostgreSQL: back it up with pg_dump, and the folders of segments,"
            f" blobs and artifacts beside it ({name} was not written)",
        )


def _moment(
    connection: psycopg.Connection, place: dict[str, Any], *, after: int, with_open: bool
) -> dict[str, Any]:
    [(horizon,)] = _rows(connection, "select horizon()", {})
    sealed = _number(connection, "select value from meta where name = 'sealed_to'", {})
    place |= {"horizon": horizon, "after": max(after, sealed)}
    rows = _rows(connection, _TAIL, place)
    last = rows[-1][0] if rows else place["after"]
    newest = _number(connection, "select max(id) from events where id < %(horizon)s", place)
    marks = _rows(connection, _MARKS, place)
    return {
        "rows": rows,
        "segments": _rows(connection, READS["list_segments"], {}),
        "sealed_to": sealed,
        "last": last,
        "has_more": bool(rows and last < newest) or len(marks) > place["limit"],
        "marks": marks,
        "heads": _heads(connection, place),
        "changed": horizon - 1,
        "open_visits": _rows(connection, _OPEN, {}) if with_open else [],
    }


def _heads(connection: psycopg.Connection, place: dict[str, Any]) -> list[Any]:
    """Return the heads that changed since; to begin with, only the unfinished ones."""
    wanted = "" if place["changed"] else f" and {LIVE}"
    sql = f"""select {HEAD}, changed from executions
      where changed > %(changed)s and changed < %(horizon)s{wanted}"""
    return _rows(connection, sql, place)


def _number(connection: psycopg.Connection, sql: str, params: dict[str, Any]) -> int:
    [(found,)] = _rows(connection, sql, params) or [(0,)]
    return int(found or 0)


def _rows(connection: psycopg.Connection, sql: str, params: dict[str, Any]) -> list[Any]:
    """Return the rows, planned for just these parameters: which index is best depends on them."""
    return connection.execute(sql, params, prepare=False).fetchall()
