"""What the end of an execution brings about, in the unit that ends it."""

import json
from collections.abc import Sequence

from . import signals, waits
from .database import Database

Ended = tuple[str, str]
"""An execution that is over, and its status."""

_CHILDREN = """select c.id from json_each(?) ended join executions c on c.parent = ended.value
  where c.parent <> '' and c.is_awaited and c.status in ('queued', 'running', 'waiting', 'paused')"""
_DEAD = """insert into dead_letters(execution_id, workflow_id, failed_at, error)
  select id, workflow_id, coalesce(finished_at, created_at), error from executions
  where id in (select value from json_each(?)) and status = 'failed' on conflict do nothing"""
_CLEAR = "delete from {} where execution_id in (select value from json_each(?))"
_RETRIED = """update dead_letters set status = 'retried', retried_as = ?, changed = ?
  where execution_id = ?"""


def settle(connection: Database, ended: Sequence[Ended], *, change: int) -> None:
    """Answer who waited for them, cancel awaited children, clear what was left for them.

    Their heads are written already.
    """
    ids = json.dumps([execution_id for execution_id, _status in ended])
    are_waits = _is_any(connection, "waits")
    if are_waits:
        waits.answer_ends(connection, ended, change=change)
    for (child,) in connection.execute(_CHILDREN, (ids,)).fetchall():
        cancel_child(connection, child, change=change)
    if are_waits:
        connection.execute(_CLEAR.format("waits"), (ids,))
    if _is_any(connection, "signals"):
        connection.execute(_CLEAR.format("signals"), (ids,))
    if any(status == "failed" for _execution_id, status in ended):
        connection.execute(_DEAD, (ids,))


def cancel_child(connection: Database, execution_id: str, *, change: int) -> None:
    """Ask an execution to stop because the one that awaited it is over."""
    payload = '{"by": "parent", "reason": "the execution that awaited it is over"}'
    signals.leave(connection, execution_id, kind="cancel", payload=payload, change=change)


def mark_retried(connection: Database, execution_id: str, *, by: str, change: int) -> None:
    """Note that a failed execution was started anew as the execution `by`."""
    connection.execute(_RETRIED, (by, change, execution_id))


def _is_any(connection: Database, table: str) -> bool:
    """Whether a table has rows: mostly it has none, and this is the quickest way to know."""
    return connection.execute(f"select 1 from {table} limit 1").fetchone() is not None
