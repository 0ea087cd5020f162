"""Parked visits that an answer goes on with, by key."""

import json
from collections.abc import Sequence
from typing import Any

from . import signals
from .database import Database

OF_EXECUTION = "execution:"
"""What the keys begin with that the end of an execution answers."""

TOUCHING = frozenset(
    {"visit.parked", "visit.resumed", "visit.succeeded", "visit.failed", "visit.cancelled"}
)
"""The events after which a visit waits for nothing that it waited for before."""

_OVER = """select id, status from executions where id in (select value from json_each(?))
  and status in ('succeeded', 'failed', 'cancelled')"""


def put(connection: Database, execution_id: str, waits: Sequence[Any], *, change: int) -> None:
    """Add waits, as (visit, until, terms, keys); one for an execution that is over is answered at once."""
    rows = [(key, execution_id, *wait) for *wait, keys in waits for key in keys]
    connection.executemany(
        """insert into waits(key, execution_id, visit, until, terms)
          values (?, ?, ?, ?, ?) on conflict do nothing""",
        rows,
    )
    awaited = [row[0][len(OF_EXECUTION) :] for row in rows if row[0].startswith(OF_EXECUTION)]
    if awaited:
        over = connection.execute(_OVER, (json.dumps(awaited),)).fetchall()
        answer_ends(connection, over, change=change)


def drop(connection: Database, execution_id: str, visits: Sequence[int]) -> None:
    """Take away what these visits waited for."""
    connection.executemany(
        "delete from waits where execution_id = ? and visit = ?",
        [(execution_id, visit) for visit in visits],
    )


def answer(connection: Database, key: str, payload: str, *, change: int) -> str | None:
    """Give the oldest wait for a key its answer and return the execution; `None` if nobody waits.

    Raises:
        ValueError: the payload is no JSON.
    """
    value = json.loads(payload)
    found = connection.execute(
        "select id, execution_id, visit from waits where key = ? order by id limit 1", (key,)
    ).fetchone()
    if found is None:
        return None
    _deliver(connection, (*found, key), value, change=change)
    return str(found[1])


def answer_ends(connection: Database, ended: Sequence[tuple[str, str]], *, change: int) -> None:
    """Tell everybody who waits for one of these executions how it ended."""
    statuses = dict(ended)
    keys = json.dumps([OF_EXECUTION + execution_id for execution_id in statuses])
    found = connection.execute(
        """select id, execution_id, visit, key from waits
          where key in (select value from json_each(?)) order by id""",
        (keys,),
    ).fetchall()
    for wait in found:
        execution_id = wait[3][len(OF_EXECUTION) :]
        told = {"status": statuses[execution_id], "execution_id": execution_id}
        _deliver(connection, wait, told, change=change)


def _deliver(
    connection: Database, wait: tuple[int, str, int, str], value: Any, *, change: int
) -> None:
    number, execution_id, visit, key = wait
    connection.execute("delete from waits where id = ?", (number,))
    payload = json.dumps({"visit": visit, "key": key, "answer": value})
    signals.leave(connection, execution_id, kind="answer", payload=payload, change=change)
