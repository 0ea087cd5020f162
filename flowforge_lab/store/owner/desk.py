"""What appends have gathered, written in few calls into SQLite however many events they hold."""

import sqlite3
from typing import Any

from .ends import Ended, settle
from .statements import EVENT

_WIDTH = 14
_BLOCK = 16
"""Rows of events in one statement: half as dear as one each, and more rows save nothing more."""
_ROW = f"({','.join('?' * _WIDTH)})"
_INSERT = f"insert into events({EVENT}) values {_ROW}"
_INSERT_BLOCK = f"insert into events({EVENT}) values {','.join([_ROW] * _BLOCK)}"
_START = """insert into executions(id, workflow_id, digest, trigger, created_at, key, "user", session,
  chat, parent, is_awaited, origin, priority, slot, max_in_slot, on_limit, status, wake_at,
  finished_at, error, epoch, holder, changed)
  values (:id, :workflow_id, :digest, :trigger, :created_at, :key, :user, :session, :chat, :parent,
  :is_awaited, :origin, :priority, :slot, :max_in_slot, :on_limit, :status, :wake_at, :finished_at,
  :error, 1, :holder, :changed)"""
_CHANGE = """update executions set status = ?, finished_at = ?, error = ?, changed = ?,
  wake_at = case when exists (select 1 from signals where execution_id = ?
              and (? in ('waiting', 'paused') or (? = 'queued' and kind = 'cancel')))
            then 0 else ? end,
  holder = case when ? = 'running' then holder else null end where id = ?"""  # ?1 is a warning in 3.12.1
_REFER = "insert into blob_refs values (?, ?) on conflict do nothing"
FINISHED = frozenset({"succeeded", "failed", "cancelled"})


class Desk:
    """The open transaction, and what is not written into it yet.

    Whoever looks at events and heads says `write` first, and `flush` before looking at anything else.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._rows: list[list[Any]] = []
        self._heads: list[tuple[Any, ...]] = []
        self._refs: list[tuple[str, str]] = []
        self._ended: list[Ended] = []
        [self._changed] = connection.execute(
            """select max((select coalesce(max(changed), 0) from executions),
              (select coalesce(max(changed), 0) from dead_letters))"""
        ).fetchone()

    def next_change(self) -> int:
        """Return a number higher than all before, by which readers know what is new."""
        self._changed += 1
        return int(self._changed)

    def add_start(self, facts: dict[str, Any]) -> None:
        """Take in the head of a new execution."""
        self.connection.execute(_START, facts)

    def add_rows(self, rows: list[list[Any]]) -> None:
        """Gather events."""
        self._rows.extend(rows)

    def add_refs(self, execution_id: str, digests: list[str]) -> None:
        """Gather what an execution refers to."""
        self._refs.extend((digest, execution_id) for digest in digests)

    def add_head(self, execution_id: str, head: list[Any]) -> None:
        """Gather a change of status, as (status, wake_at, finished_at, error)."""
        status, wake_at, finished_at, error = head
        fields = (status, finished_at, error, self.next_change())
        wake = (execution_id, status, status, wake_at)
        self._heads.append((*fields, *wake, status, execution_id))
        self.add_end(execution_id, status)

    def add_end(self, execution_id: str, status: str) -> None:
        """Gather an execution whose head is written, if it is over."""
        if status in FINISHED:
            self._ended.append((execution_id, status))

    def write(self) -> None:
        """Write what was gathered; what the ends among it bring about can wait for more of them."""
        if self._rows:
            self._insert(self._rows)
            self._rows = []
        if self._refs:
            self.connection.executemany(_REFER, self._refs)
            self._refs = []
        if self._heads:
            self.connection.executemany(_CHANGE, self._heads)
            self._heads = []

    def _insert(self, rows: list[list[Any]]) -> None:
        """Write events block by block; where a row is odd, one by one, for SQLite to refuse it."""
        is_even = all(len(row) == _WIDTH for row in rows)
        whole = len(rows) // _BLOCK * _BLOCK if is_even else 0
        for start in range(0, whole, _BLOCK):
            block = rows[start : start + _BLOCK]
            self.connection.execute(_INSERT_BLOCK, [value for row in block for value in row])
        self.connection.executemany(_INSERT, rows[whole:])

    def flush(self) -> None:
        """Write everything, and what the ends among it bring about."""
        self.write()
        if self._ended:
            settle(self.connection, self._ended, change=self.next_change())
            self._ended = []

    def clear(self) -> None:
        """Forget what was gathered."""
        self._rows, self._heads, self._refs, self._ended = [], [], [], []
