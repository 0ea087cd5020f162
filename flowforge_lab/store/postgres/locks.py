"""What the units of a batch must have for themselves: rows of executions, and names.

The owner's one thread did unit after unit. Here several clients write at once, so each batch first takes
all it will look at, always in the same order: rows by id, then names by number. Two batches that meet
wait for one another and never for ever; where they still do, the database ends one and it is done again.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from flowforge_lab.store.owner.operations import mark_of
from flowforge_lab.store.owner.waits import OF_EXECUTION

_BUCKETS = 4096
"""Names share so many locks, since the database has room for a limited number of them at once."""

_SEALING = frozenset(
    {"add_segment", "replace_segments", "prune_events", "prune_heads", "erase_events"}
)
_DIRECTORY = frozenset({"add_user", "change_user", "remove_user", "link_user", "unlink_user"})
"""The statements that look whether another user has the same phone, address or account."""

_FINISHED = frozenset({"succeeded", "failed", "cancelled"})

Unit = list[Any]


class Wanted:
    """What a batch takes before it begins."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.executions: set[str] = set()
        self.ending: set[str] = set()
        self.names: set[str] = set()
        self.is_writing = False
        for unit in units:
            collect = _COLLECTORS.get(unit[0])
            if collect is not None:
                self.is_writing = True
                with contextlib.suppress(ValueError, TypeError, KeyError, IndexError):
                    collect(self, unit[1:])  # who has no such form is refused when it is applied


def _append(wanted: Wanted, unit: Unit) -> None:
    execution_id, _epoch, _rows, head, _refs, _taken, turns = unit
    wanted.executions.add(execution_id)
    if head is not None and head[0] in _FINISHED:
        wanted.ending.add(execution_id)
    for wait in turns[0] if turns else []:
        wanted.executions.update(_awaited(wait[-1]))


def _awaited(keys: Iterable[str]) -> Iterator[str]:
    """Yield the executions whose end is waited for: it may come at this very moment."""
    for key in keys:
        if key.startswith(OF_EXECUTION):
            yield key[len(OF_EXECUTION) :]


def _start(wanted: Wanted, unit: Unit) -> None:
    new = unit[0]
    wanted.executions.add(new["id"])
    if new["is_awaited"]:
        wanted.executions.add(new["parent"])
    if key := mark_of(new):
        wanted.names.add(f"key:{key}")
    if new["slot"]:
        wanted.names.add(slot_name(new["slot"]))


def _of_execution(wanted: Wanted, unit: Unit) -> None:
    wanted.executions.add(unit[1])


def _claim(wanted: Wanted, unit: Unit) -> None:
    wanted.executions.update(unit[1])


def _answer(wanted: Wanted, unit: Unit) -> None:
    _unit_id, key, _payload, *marks = unit
    wanted.names.add(f"wait:{key}")
    wanted.names.update(f"key:{mark[0]}" for mark in marks if mark)


def _increment(wanted: Wanted, unit: Unit) -> None:
    wanted.names.add(_variable_name(unit[1]))


def _do(wanted: Wanted, unit: Unit) -> None:
    _unit_id, statement, params = unit
    if "scope" in params:
        wanted.names.add(_variable_name(params))
    elif statement in _SEALING:
        wanted.names.add("sealing")
    elif statement in _DIRECTORY:
        wanted.names.update(("users", f"user:{params['id']}"))
    elif statement == "book":
        wanted.names.add(f"user:{params['user_id']}")
    elif "workflow_id" in params:
        wanted.names.add(f"workflow:{params['workflow_id']}")


def _adopt(wanted: Wanted, _unit: Unit) -> None:
    wanted.names.add("identity")


_COLLECTORS = {
    "append": _append,
    "start": _start,
    "claim": _claim,
    "signal": _of_execution,
    "answer": _answer,
    "increment": _increment,
    "do": _do,
    "adopt": _adopt,
}


def slot_name(slot: str) -> str:
    """Return the name under which the places of a slot are counted."""
    return f"slot:{slot}"


def numbers_of(names: Iterable[str], schema: str) -> list[int]:
    """Return the locks of these names in the order in which everybody takes them."""
    return sorted({_number(f"{schema}/{name}") for name in names})


def _number(name: str) -> int:
    digest = hashlib.sha256(name.encode()).digest()
    lab = name.partition("/")[0].encode()
    room = int.from_bytes(hashlib.sha256(lab).digest()[:5], "big")
    return room * _BUCKETS + int.from_bytes(digest[:4], "big") % _BUCKETS


def _variable_name(place: dict[str, Any]) -> str:
    return f"variable:{place['scope']}/{place['owner']}/{place['name']}"
