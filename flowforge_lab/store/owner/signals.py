"""Wishes left for whoever runs an execution; they stay until an append says that it took them."""

import json
from collections.abc import Sequence
from typing import Any

from .database import Database

_WAKE = """update executions set wake_at = 0, changed = ? where id = ?
  and (status in ('waiting', 'paused') or (status = 'queued' and ? = 'cancel'))"""


def leave(
    connection: Database, execution_id: str, *, kind: str, payload: str, change: int
) -> None:
    """Leave a signal; whoever waits or is paused is due at once, and so is a queued one to cancel.

    Any other wish must wait with a queued execution for its turn, or its slot would be overfull.
    """
    connection.execute(
        "insert into signals(execution_id, kind, payload) values (?, ?, ?)",
        (execution_id, kind, payload),
    )
    connection.execute(_WAKE, (change, execution_id, kind))


def of(connection: Database, execution_ids: Sequence[str]) -> list[Any]:
    """Return the signals for these executions that were not taken, in the order they came."""
    if not connection.execute("select 1 from signals limit 1").fetchone():
        return []
    return connection.execute(
        """select execution_id, kind, payload, id from signals
          where execution_id in (select value from json_each(?)) order by id""",
        (json.dumps(execution_ids),),
    ).fetchall()


def take(connection: Database, execution_id: str, numbers: Sequence[int]) -> None:
    """Delete signals of an execution that their receiver has written down."""
    connection.executemany(
        "delete from signals where id = ? and execution_id = ?",
        [(number, execution_id) for number in numbers],
    )
