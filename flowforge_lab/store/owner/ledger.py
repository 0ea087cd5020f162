"""Applies what clients want written: all of a batch in one transaction, no unit able to harm another."""

import json
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from .database import RefusedError, kind_of
from .leases import Leases
from .statements import EVENT, WRITES

Unit = list[Any]
Result = Any
"""What goes back for a unit: `None`, or `[value]`, or `{"error": kind, "message": text}`."""

_WIDTH = 14
_BLOCK = 16
"""Rows of events in one statement: half as dear as one each, and more rows save nothing more."""
_ROW = f"({','.join('?' * _WIDTH)})"
_INSERT = f"insert into events({EVENT}) values {_ROW}"
_INSERT_BLOCK = f"insert into events({EVENT}) values {','.join([_ROW] * _BLOCK)}"
_START = f"insert into executions values ({','.join('?' * 16)})"
_CHANGE = """update executions set status = ?1, finished_at = ?3, error = ?4, changed = ?5,
  wake_at = case when ?1 = 'waiting' and exists (select 1 from signals where execution_id = ?6)
            then 0 else ?2 end,
  holder = case when ?1 = 'running' then holder else null end where id = ?6"""
_FIND = """select epoch, holder, (select coalesce(max(seq), 0) from events
  where execution_id = executions.id), status from executions where id = ?"""
_DUE = """select id, workflow_id, digest, 'queued', null from executions where status = 'queued'
  union all select id, workflow_id, digest, 'woken', null from executions
  where status = 'waiting' and wake_at <= ?
  union all select id, workflow_id, digest, 'orphaned', holder from executions
  where status = 'running' order by 1"""
_APPLIED_KEPT_US = 3_600_000_000
_FINISHED = ("succeeded", "failed", "cancelled")


class _Known:
    """What the ledger must know of an execution to accept its next event."""

    __slots__ = ("epoch", "holder", "last_seq", "status")

    def __init__(self, epoch: int, holder: str | None, *, last_seq: int, status: str) -> None:
        self.epoch = epoch
        self.holder = holder
        self.last_seq = last_seq
        self.status = status


class Ledger:
    """The only writer of the database; not for two threads."""

    def __init__(
        self, connection: sqlite3.Connection, leases: Leases, *, adopt: Callable[[], Any]
    ) -> None:
        self._connection = connection
        self._adopt_folder = adopt
        self._leases = leases
        self._known: dict[str, _Known] = {}
        self._rows: list[Unit] = []
        self._heads: list[tuple[Any, ...]] = []
        self._refs: list[tuple[str, str]] = []
        [self._changed] = connection.execute(
            "select coalesce(max(changed), 0) from executions"
        ).fetchone()
        self._units = {
            "append": self._append,
            "start": self._start,
            "claim": self._once(self._claim),
            "renew": self._once(self._renew),
            "signal": self._once(self._signal),
            "due": self._due,
            "do": self._once(self._do),
            "adopt": self._once(self._adopt),
        }

    def commit(self, batch: list[tuple[str, list[Unit]]]) -> list[list[Result]]:
        """Apply each session's units; return their results once everything is on disk."""
        try:
            return self._transact(batch, one_by_one=False)
        except (
            sqlite3.Error,
            ValueError,
            TypeError,
            IndexError,
            KeyError,
            OverflowError,
        ) as error:
            self._undo()
            if kind_of(error) != "refused":
                answer = {"error": kind_of(error), "message": f"journal.db: {error}"}
                return [[answer] * len(units) for _, units in batch]
        return self._each_alone(batch)

    def forget_old_units(self) -> None:
        """Drop the remembered results that nobody can ask for again."""
        oldest = time.time_ns() // 1000 - _APPLIED_KEPT_US
        self._connection.execute("delete from applied where at < ?", (oldest,))

    def _each_alone(self, batch: list[tuple[str, list[Unit]]]) -> list[list[Result]]:
        try:
            return self._transact(batch, one_by_one=True)
        except sqlite3.Error as error:
            self._undo()
            answer = {"error": kind_of(error), "message": f"journal.db: {error}"}
            return [[answer] * len(units) for _, units in batch]

    def _transact(
        self, batch: list[tuple[str, list[Unit]]], *, one_by_one: bool
    ) -> list[list[Result]]:
        apply = self._apply_alone if one_by_one else self._apply
        self._connection.execute("begin immediate")
        results = [[apply(session, unit) for unit in units] for session, units in batch]
        self._flush()
        self._connection.execute("commit")
        return results

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("rollback")
        self._known.clear()
        self._clear_pending()

    def _clear_pending(self) -> None:
        self._rows, self._heads, self._refs = [], [], []

    def _apply(self, session: str, unit: Unit) -> Result:
        try:
            return self._units[unit[0]](session, unit[1:])
        except RefusedError as error:
            return {"error": error.kind, "message": str(error)}

    def _apply_alone(self, session: str, unit: Unit) -> Result:
        self._connection.execute("savepoint unit")
        try:
            result = self._apply(session, unit)
            self._flush()
        except (
            sqlite3.Error,
            ValueError,
            TypeError,
            IndexError,
            KeyError,
            OverflowError,
        ) as error:
            if kind_of(error) != "refused":
                raise
            self._connection.execute("rollback to unit")
            self._known.clear()
            self._clear_pending()
            result = {"error": "refused", "message": f"{type(error).__name__}: {error}"}
        self._connection.execute("release unit")
        return result

    def _flush(self) -> None:
        """Write what appends have gathered: few calls into SQLite, however many events."""
        if self._rows:
            self._insert(self._rows)
        if self._refs:
            self._connection.executemany(
                "insert or ignore into blob_refs values (?, ?)", self._refs
            )
        if self._heads:
            self._connection.executemany(_CHANGE, self._heads)
        self._clear_pending()

    def _insert(self, rows: list[Unit]) -> None:
        is_even = all(len(row) == _WIDTH for row in rows)
        whole = (
            len(rows) // _BLOCK * _BLOCK if is_even else 0
        )  # an odd row is for SQLite to refuse
        for start in range(0, whole, _BLOCK):
            block = rows[start : start + _BLOCK]
            self._connection.execute(_INSERT_BLOCK, [value for row in block for value in row])
        self._connection.executemany(_INSERT, rows[whole:])

    def _next_change(self) -> int:
        self._changed += 1
        return int(self._changed)

    def _find(self, execution_id: str) -> _Known | None:
        known = self._known.get(execution_id)
        if known is None:
            self._flush()
            row = self._connection.execute(_FIND, (execution_id,)).fetchone()
            if row is not None:
                epoch, holder, last_seq, status = row
                known = _Known(epoch, holder, last_seq=last_seq, status=status)
                if known.status == "running":
                    self._known[execution_id] = known
        return known

    def _append(self, session: str, unit: Unit) -> Result:
        execution_id, epoch, rows, head, refs = unit
        known = self._find(execution_id)
        if rows and known and rows[0][1] <= known.last_seq and self._is_stored(rows[0]):
            return None
        if known is None or known.holder != session or known.epoch != epoch:
            raise RefusedError("lease", f"execution {execution_id} is held by another engine")
        if rows:
            self._take_rows(known, rows)
        self._refs.extend((digest, execution_id) for digest in refs)
        if head is not None:
            self._take_head(execution_id, known, head)
        return None

    def _take_rows(self, known: _Known, rows: list[Unit]) -> None:
        execution_id, first = rows[0][0], rows[0][1]
        if first <= known.last_seq:
            message = f"another event stands at {first} of execution {execution_id}"
            raise RefusedError("lease", message)
        if first != known.last_seq + 1 or rows[-1][1] != known.last_seq + len(rows):
            message = (
                f"execution {execution_id}: expected event {known.last_seq + 1}, found {first}"
            )
            raise RefusedError("refused", message)
        known.last_seq += len(rows)
        self._rows.extend(rows)

    def _take_head(self, execution_id: str, known: _Known, head: Unit) -> None:
        status, wake_at, finished_at, error = head
        self._heads.append(
            (status, wake_at, finished_at, error, self._next_change(), execution_id)
        )
        known.status = status
        if status != "running":
            del self._known[execution_id]
            self._leases.forget(execution_id)

    def _is_stored(self, row: Unit) -> bool:
        self._flush()
        found = self._connection.execute(
            "select event_id from events where execution_id = ? and seq = ?", (row[0], row[1])
        ).fetchone()
        return found is not None and found[0] == row[2]

    def _start(self, session: str, unit: Unit) -> Result:
        new, rows, head, (lease_seconds, refs) = unit
        known = self._find(new[0])
        if known is not None:
            if rows and self._is_stored(rows[0]):
                return [known.epoch]
            raise RefusedError("lease", f"execution {new[0]} was started before")
        if not self._take_key(new):
            return [None]
        holder = session if head[0] == "running" else None
        values = (*new, *head, 1, holder, self._next_change())
        self._connection.execute(_START, values)
        self._rows.extend(rows)
        self._refs.extend((digest, new[0]) for digest in refs)
        if holder:
            self._known[new[0]] = _Known(1, session, last_seq=len(rows), status=head[0])
            self._leases.keep(new[0], lease_seconds)
        return [1]

    def _take_key(self, new: Unit) -> bool:
        key = new[5]
        if not key:
            return True
        taken = self._connection.execute(
            "insert into trigger_keys values (?, ?, ?) on conflict do nothing",
            (key, new[0], new[4]),
        )
        return taken.rowcount == 1

    def _claim(self, session: str, execution_id: str, lease_seconds: float) -> Any:
        known = self._find(execution_id)
        if known is None or known.status in _FINISHED:
            return None
        if known.status == "running" and not self._leases.is_free(execution_id, known.holder):
            return None
        self._flush()
        [workflow_id, digest, epoch] = self._connection.execute(
            """update executions set epoch = epoch + 1, holder = ?, status = 'running', wake_at = null,
              changed = ? where id = ? returning workflow_id, digest, epoch""",
            (session, self._next_change(), execution_id),
        ).fetchone()
        self._known[execution_id] = _Known(
            epoch, session, last_seq=known.last_seq, status="running"
        )
        self._leases.keep(execution_id, lease_seconds)
        return [workflow_id, digest, epoch]

    def _renew(self, session: str, held: list[list[Any]], lease_seconds: float) -> Any:
        mine = [name for name, epoch in held if self._holds(session, name, epoch)]
        for execution_id in mine:
            self._leases.keep(execution_id, lease_seconds)
        if not self._connection.execute("select 1 from signals limit 1").fetchone():
            return []
        return self._connection.execute(
            "delete from signals where execution_id in (select value from json_each(?))"
            " returning execution_id, kind, payload, id",
            (json.dumps(mine),),
        ).fetchall()

    def _holds(self, session: str, execution_id: str, epoch: int) -> bool:
        known = self._find(execution_id)
        return known is not None and known.holder == session and known.epoch == epoch

    def _signal(self, _session: str, execution_id: str, kind: str, payload: str) -> Any:
        known = self._find(execution_id)
        if known is None or known.status in _FINISHED:
            return False
        self._flush()
        self._connection.execute(
            "insert into signals(execution_id, kind, payload) values (?, ?, ?)",
            (execution_id, kind, payload),
        )
        self._connection.execute(
            "update executions set wake_at = 0, changed = ? where id = ? and status = 'waiting'",
            (self._next_change(), execution_id),
        )
        return True

    def _due(self, _session: str, unit: Unit) -> Result:
        now_us, limit = unit
        self._flush()
        found = []
        for *due, holder in self._connection.execute(_DUE, (now_us,)):
            if due[3] != "orphaned" or self._leases.is_free(due[0], holder):
                found.append(due)
            if len(found) >= limit:
                break
        return [found]

    def _do(self, _session: str, name: str, params: dict[str, Any]) -> Any:
        self._flush()
        rows: list[Any] = []
        for statement in WRITES[name]:
            rows += self._connection.execute(statement, params).fetchall()
        return rows

    def _adopt(self, _session: str) -> Any:
        self._flush()
        return self._adopt_folder()

    def _once(self, operation: Any) -> Any:
        """Return the operation so that its unit id, seen again, gives the first result again."""

        def apply(session: str, unit: Unit) -> Result:
            unit_id, *arguments = unit
            found = self._connection.execute(
                "select result from applied where unit = ?", (unit_id,)
            ).fetchone()
            if found is not None:
                return [json.loads(found[0])]
            value = operation(session, *arguments)
            if value not in (None, [], False):
                entry = (unit_id, time.time_ns() // 1000, json.dumps(value))
                self._connection.execute("insert into applied values (?, ?, ?)", entry)
            return [value]

        return apply
