"""What has begun and not ended: which rows must enter or leave the two live tables of the history."""

from collections.abc import Iterable
from typing import Any

from .tail import ChangedHead

OpenVisit = tuple[str, str, int, str, str, int]
"""Execution, workflow, visit, node, kind, and when it started (microseconds, UTC)."""

_ENDS = frozenset({"visit.succeeded", "visit.failed", "visit.cancelled"})


class OpenVisits:
    """Visits that run or wait, followed event by event, so that most never touch the database."""

    def __init__(self) -> None:
        self._open: dict[str, dict[int, OpenVisit]] = {}

    def restart(self, visits: Iterable[OpenVisit]) -> None:
        """Forget everything and begin with these."""
        self._open = {}
        for visit in visits:
            self._open.setdefault(visit[0], {})[visit[2]] = visit

    def take(self, rows: Iterable[tuple[Any, ...]]) -> tuple[list[OpenVisit], list[str]]:
        """Follow rows of a page; return visits to add, and executions whose rows go first."""
        touched: dict[str, bool] = {}
        for row in rows:
            name = row[1]
            touched.setdefault(name, name in self._open)
            self._follow(row)
        opened = [visit for name in touched for visit in self._open.get(name, {}).values()]
        return opened, [name for name, was_open in touched.items() if was_open]

    def _follow(self, row: tuple[Any, ...]) -> None:
        name, kind, visit = row[1], row[5], row[9]
        if kind == "visit.started":
            opened = (name, row[6], visit, row[7], row[8], row[4])
            self._open.setdefault(name, {})[visit] = opened
        elif kind in _ENDS:
            self._open.get(name, {}).pop(visit, None)
        elif kind == "execution.finished":
            self._open.pop(name, None)


class LiveExecutions:
    """Executions without an end, so that one that came and went between two looks costs nothing."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def take(self, heads: Iterable[ChangedHead]) -> tuple[list[ChangedHead], list[str]]:
        """Return heads to add, and the ids whose rows go first."""
        latest = {head.id: head for head in heads}
        leaving = [name for name in latest if name in self._ids]
        arriving = [head for head in latest.values() if not head.is_finished]
        self._ids.difference_update(leaving)
        self._ids.update(head.id for head in arriving)
        return arriving, leaving
