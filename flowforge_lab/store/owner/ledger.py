"""Applies what clients want written: all of a batch in one transaction, no unit able to harm another."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from . import signals, slots
from .database import kind_of
from .desk import Desk
from .leases import Leases
from .operations import BAD_UNIT, Known, Operations, Result, Unit
from .statements import WRITES

_FIND = """select epoch, holder, (select coalesce(max(seq), 0) from events
  where execution_id = executions.id), status, exists (select 1 from waits
  where execution_id = executions.id) from executions where id = ?"""
_WOKEN = [  # each status as a constant, or SQLite could not use the index of unfinished executions
    f"""select id, workflow_id, digest from executions
      where status = '{status}' and wake_at <= ? order by wake_at, id"""
    for status in ("waiting", "paused", "queued")
]
_RUNNING = (
    "select id, workflow_id, digest, holder from executions where status = 'running' order by id"
)
_APPLIED_KEPT_US = 3_600_000_000
_BAD_UNIT: tuple[type[Exception], ...] = (sqlite3.Error, *BAD_UNIT)


class Ledger(Operations):
    """The only writer of the database; not for two threads."""

    def __init__(
        self, connection: sqlite3.Connection, leases: Leases, *, adopt: Callable[[], Any]
    ) -> None:
        super().__init__(connection, Desk(connection), leases, adopt=adopt)
        self._sqlite = connection

    def commit(self, batch: list[tuple[str, list[Unit]]]) -> list[list[Result]]:
        """Apply each session's units; return their results once everything is on disk."""
        try:
            return self._transact(batch, one_by_one=False)
        except _BAD_UNIT as error:
            self._undo()
            if kind_of(error) != "refused":
                answer = {"error": kind_of(error), "message": f"journal.db: {error}"}
                return [[answer] * len(units) for _, units in batch]
        return self._each_alone(batch)

    def forget_old_units(self) -> None:
        """Drop the remembered results that nobody can ask for again."""
        oldest = time.time_ns() // 1000 - _APPLIED_KEPT_US
        self._sqlite.execute("delete from applied where at < ?", (oldest,))

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
        self._sqlite.execute("begin immediate")
        results = [[apply(session, unit) for unit in units] for session, units in batch]
        self._desk.flush()
        self._sqlite.execute("commit")
        return results

    def _undo(self) -> None:
        if self._sqlite.in_transaction:
            self._sqlite.execute("rollback")
        self._known.clear()
        self._desk.clear()

    def _apply_alone(self, session: str, unit: Unit) -> Result:
        self._sqlite.execute("savepoint unit")
        try:
            result = self._apply(session, unit)
            self._desk.flush()
        except _BAD_UNIT as error:
            if kind_of(error) != "refused":
                raise
            self._sqlite.execute("rollback to unit")
            self._known.clear()
            self._desk.clear()
            result = {"error": "refused", "message": f"{type(error).__name__}: {error}"}
        self._sqlite.execute("release unit")
        return result

    def _find(self, execution_id: str) -> Known | None:
        known = self._known.get(execution_id)
        if known is None:
            self._desk.write()
            row = self._sqlite.execute(_FIND, (execution_id,)).fetchone()
            if row is not None:
                epoch, holder, last_seq, status, has_waits = row
                known = Known(epoch, holder, last_seq=last_seq, status=status)
                known.has_waits = bool(has_waits)
                if known.status == "running":
                    self._known[execution_id] = known
        return known

    def _renew(self, session: str, unit: Unit) -> Result:
        held, lease_seconds = unit
        mine = [name for name, epoch in held if self._holds(session, name, epoch)]
        for execution_id in mine:
            self._leases.keep(execution_id, lease_seconds)
        self._desk.flush()
        return [signals.of(self._sqlite, mine)]

    def _holds(self, session: str, execution_id: str, epoch: int) -> bool:
        known = self._find(execution_id)
        return known is not None and known.holder == session and known.epoch == epoch

    def _due(self, _session: str, unit: Unit) -> Result:
        now_us, limit = unit
        self._desk.flush()
        return [list(islice(self._due_ones(now_us), limit))]

    def _due_ones(self, now_us: int) -> Iterator[list[Any]]:
        """Yield what was begun before what was not, so that slots become free."""
        for *due, holder in self._sqlite.execute(_RUNNING):
            if self._leases.is_free(due[0], holder):
                yield [*due, "orphaned"]
        for query in _WOKEN:
            for due in self._sqlite.execute(query, (now_us,)):
                yield [*due, "woken"]
        for due in slots.turns(self._sqlite):
            yield [*due, "queued"]

    def _run(self, statement: str, params: dict[str, Any]) -> list[Any]:
        rows: list[Any] = []
        for one in WRITES[statement]:
            rows += self._sqlite.execute(one, params).fetchall()
        return rows
