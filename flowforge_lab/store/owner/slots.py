"""Who may run: how many of a slot are under way, and whose turn is next."""

import heapq
from collections.abc import Iterator
from typing import Any

from . import signals
from .database import Database

_UNDER_WAY = """select count(*) from executions where slot <> '' and slot = ?
  and status in ('running', 'waiting', 'paused')"""
_AHEAD = """select count(*) from executions where slot <> '' and slot = ? and status = 'queued'
  and wake_at is null and (priority > ? or (priority = ? and id < ?))"""
_LEFT = """select id from executions where slot <> '' and slot = ? and not is_replaced
  and status in ('queued', 'running', 'waiting', 'paused') order by id"""
_QUEUING = """with recursive w(id) as (
  select min(workflow_id) from executions indexed by executions_queued where status = 'queued'
  union all select (select min(workflow_id) from executions indexed by executions_queued
    where status = 'queued' and workflow_id > w.id) from w where w.id is not null)
  select id from w where id is not null"""
_QUEUED = """select id, workflow_id, digest, priority, slot, max_in_slot from executions
  where status = 'queued' and workflow_id = ? and wake_at is null order by priority desc, id"""
_FULL = {"drop": "dropped", "fail": "refused"}
_Turn = tuple[int, int, str, list[Any]]
"""What a queued execution is sorted by: its priority, its place in its workflow, its id."""


def admit(connection: Database, new: dict[str, Any], *, change: int) -> str:
    """Return what is to become of a new execution: it is `running`, `queued`, `dropped` or `refused`."""
    if _has_room(connection, new):
        return "running"
    if new["on_limit"] == "replace":
        _replace(connection, new, change=change)
    return _FULL.get(new["on_limit"], "queued")


def may_claim(connection: Database, execution_id: str) -> bool:
    """Whether it is a queued execution's turn; one that is asked to cancel, due since ever, needs no room."""
    row = connection.execute(
        "select id, slot, priority, max_in_slot, wake_at from executions where id = ?",
        (execution_id,),
    ).fetchone()
    facts = dict(zip(("id", "slot", "priority", "max_in_slot", "wake_at"), row, strict=True))
    return facts["wake_at"] == 0 or _has_room(connection, facts)


def turns(connection: Database, *, queuing: str = _QUEUING) -> Iterator[list[Any]]:
    """Yield queued executions whose slot has room, as (id, workflow, digest), in the order of their turns.

    The higher priority first, in it the first of each workflow before the second of any, then the older.
    Those asked to cancel wait for no turn and are not among them. `queuing` asks for the workflows that
    have any.
    """
    workflows = [name for (name,) in connection.execute(queuing)]
    under_way: dict[str, int] = {}
    for *_order, row in heapq.merge(*(_line(connection, name) for name in workflows)):
        *due, _priority, slot, max_in_slot = row
        if not slot:
            yield due
            continue
        if slot not in under_way:
            [under_way[slot]] = connection.execute(_UNDER_WAY, (slot,)).fetchone()
        if under_way[slot] < max_in_slot:
            under_way[slot] += 1
            yield due


def _line(connection: Database, workflow_id: str) -> Iterator[_Turn]:
    place, priority = 0, None
    for row in connection.execute(_QUEUED, (workflow_id,)):
        place = place + 1 if row[3] == priority else 0
        priority = row[3]
        yield -row[3], place, row[0], list(row)


def _has_room(connection: Database, new: dict[str, Any]) -> bool:
    """Whether an execution may run now: its slot has room for it and for all before it."""
    slot, priority = new["slot"], new["priority"]
    if not slot:
        return True
    [under_way] = connection.execute(_UNDER_WAY, (slot,)).fetchone()
    if under_way >= new["max_in_slot"]:
        return False
    ahead_of = (slot, priority, priority, new["id"])
    [ahead] = connection.execute(_AHEAD, ahead_of).fetchone()
    return bool(under_way + ahead < new["max_in_slot"])


def _replace(connection: Database, new: dict[str, Any], *, change: int) -> None:
    """Ask the oldest of a slot to cancel, as many as must go until `new` has its place."""
    left = [name for (name,) in connection.execute(_LEFT, (new["slot"],))]
    for execution_id in left[: max(len(left) + 1 - new["max_in_slot"], 0)]:
        connection.execute(
            "update executions set is_replaced = true where id = ?", (execution_id,)
        )
        payload = f"replaced by {new['id']}"
        signals.leave(connection, execution_id, kind="cancel", payload=payload, change=change)
