"""Answers what clients read, in a thread and on a connection of its own, so that no ack waits for it."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .database import RefusedError, kind_of, open_reader
from .statements import EVENT, HEAD, LIVE, READS

_PAGE_BYTES = 8_000_000
_PAGE = """select json_group_array(json(line)), max(id) from (
  select id, line from (
    select id, json_array(id, {columns}) as line, sum(length(payload)) over (order by id) as size
    from (select * from events where {condition} order by id limit :limit))
  where size < {bytes} or id = (select min(id) from events where {condition}))"""
_TAIL = _PAGE.format(columns=EVENT, condition="id > :after", bytes=_PAGE_BYTES)
_EVENTS = f"""select json_group_array(json(line)), max(seq) from (
  select seq, line from (
    select seq, json_array({EVENT}) as line, sum(length(payload)) over (order by seq) as size
    from (select * from events where execution_id = :id and seq > :after order by seq limit :limit))
  where size < {_PAGE_BYTES} or seq = :after + 1)"""
_FOLLOW = f"""select json_group_array(json(line)) from (
  select id, json_array(id, json_array({EVENT})) as line from events
  where id > :after and (:execution_id = '' or execution_id = :execution_id)
  order by id limit :limit)"""
_OPEN = f"""select e.execution_id, e.workflow_id, e.visit, e.node, e.kind, e.at
  from executions x join events e on e.execution_id = x.id
  where x.id in (select id from executions where {LIVE}) and e.type = 'visit.started' and not exists (
    select 1 from events f where f.execution_id = e.execution_id and f.visit = e.visit
    and f.type in ('visit.succeeded', 'visit.failed', 'visit.cancelled'))"""

# all of one change or none: those that were dismissed together have the same number
_MARKS = """select execution_id, status, retried_as, by, reason, changed from dead_letters
  where changed > 0 and changed > :marked and changed <= coalesce((select changed
    from dead_letters where changed > 0 and changed > :marked order by changed limit 1 offset :limit),
    changed) order by changed"""


class Library:
    """Reads committed rows. SQLite itself writes the JSON of long pages, without Python's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection = open_reader(folder)

    def answer(self, name: str, params: dict[str, Any]) -> bytes:
        """Return the JSON answer to a named question."""
        if name in READS:
            return json.dumps(self._rows(READS[name], params)).encode()
        special: dict[str, Callable[..., str]] = {
            "tail": self._tail,
            "events": self._events,
            "follow": self._follow,
            "backup": self._backup,
            "integrity": self._integrity,
        }
        if name not in special:
            msg = "refused"
            raise RefusedError(msg, f"no question is called {name!r}")
        self._connection.execute("begin")
        try:
            return special[name](**params).encode()
        finally:
            self._connection.execute("commit")

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self._connection.close()

    def _rows(self, sql: str, params: dict[str, Any]) -> list[Any]:
        return self._connection.execute(sql, params).fetchall()

    def _events(self, *, id: str, after: int, limit: int) -> str:
        rows, last = self._page(_EVENTS, {"id": id, "after": after, "limit": limit})
        return f'{{"rows":{rows},"last":{json.dumps(last)}}}'

    def _follow(self, *, after: int, execution_id: str, limit: int) -> str:
        params = {"after": after, "execution_id": execution_id, "limit": limit}
        [(rows,)] = self._connection.execute(_FOLLOW, params).fetchall()
        return str(rows)

    def _tail(self, *, after: int, changed: int, marked: int, limit: int, with_open: bool) -> str:
        """One moment's truth: the segments, the rows behind them, and what changed beside them."""
        segments = self._rows(READS["list_segments"], {})
        sealed = self._number("select value from meta where name = 'sealed_to'")
        start = max(after, sealed)
        rows, last = self._page(_TAIL, {"after": start, "limit": limit})
        newest = self._number("select max(id) from events")
        marks = self._rows(_MARKS, {"marked": marked, "limit": limit})
        parts = {
            "segments": segments,
            "sealed_to": sealed,
            "last": last or start,
            "has_more": bool(last and last < newest) or len(marks) > limit,
            "marks": marks,
            "heads": self._heads(changed),
            "changed": self._number("select max(changed) from executions"),
            "open_visits": self._rows(_OPEN, {}) if with_open else [],
        }
        return f'{{"rows":{rows},{json.dumps(parts)[1:]}'

    def _heads(self, changed: int) -> list[Any]:
        """Return the heads that changed since; to begin with, only the unfinished ones."""
        wanted = "" if changed else f" and {LIVE}"
        sql = f"select {HEAD}, changed from executions where changed > :changed{wanted}"
        return self._rows(sql, {"changed": changed})

    def _page(self, sql: str, params: dict[str, Any]) -> tuple[str, int | None]:
        [(rows, last)] = self._connection.execute(sql, params).fetchall()
        return rows, last

    def _number(self, sql: str) -> int:
        row = self._connection.execute(sql).fetchone()
        return int(row[0] or 0) if row else 0

    def _backup(self, *, name: str) -> str:
        target = self._folder / Path(name).name
        copy = sqlite3.connect(target)
        try:
            self._connection.backup(copy)
        finally:
            copy.close()
        return json.dumps(str(target))

    def _integrity(self) -> str:
        return json.dumps([row[0] for row in self._rows("pragma integrity_check", {})])


def answer_to(library: Library, name: str, params: dict[str, Any]) -> bytes:
    """Return the answer as it goes to a client: `0` and the JSON, or `1` and why it was refused."""
    try:
        return b"0" + library.answer(name, params)
    except RefusedError as error:
        return _refusal(error.kind, error)
    except Exception as error:  # noqa: BLE001  # one bad question must not end all reading
        return _refusal(kind_of(error), error)


def _refusal(kind: str, error: Exception) -> bytes:
    answer = {"error": kind, "message": f"{error}" or type(error).__name__}
    return b"1" + json.dumps(answer).encode()
