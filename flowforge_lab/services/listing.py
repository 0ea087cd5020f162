"""Executions found by what is known of them: filtered, sorted, page by page, from the history."""

import asyncio
from datetime import datetime
from typing import Any, Literal

import msgspec

from flowforge_lab.store import History

PAGE_SIZE, MAX_PAGE_SIZE = 20, 100
_COLUMNS = """execution_id as id, workflow_id, version, trigger, status, started_at, finished_at, duration,
  "user", session, chat, error->>'$.title' as error, parent, origin"""
_MANY, _NEAR = 50_000, 1_000
_SORTED_BY = "started_at"  # what lies together in the history


class _Order(msgspec.Struct, frozen=True):
    """A way to sort by `key`: `desc` or `asc`, executions without one `last` or `first`."""

    key: str
    way: str
    gaps: str = "last"

    @property
    def sql(self) -> str:
        return f"{self.key} {self.way} nulls {self.gaps}, execution_id {self.way}"

    def first(self, count: int) -> str:
        """Return what asks for the first keys."""
        return f"{'max' if self.way == 'desc' else 'min'}({self.key}, {int(count)})"


class _Part(msgspec.Struct, frozen=True):
    """So many executions, `before` of which come others in this order."""

    order: _Order
    before: int
    size: int


_ORDERS = {
    "-started_at": (_Order("started_at", "desc"), _Order("started_at", "asc")),  # none is without
    "started_at": (_Order("started_at", "asc"), _Order("started_at", "desc")),
    "-duration": (_Order("duration", "desc"), _Order("duration", "asc", "first")),
    "duration": (_Order("duration", "asc"), _Order("duration", "desc", "first")),
}
"""How a list is sorted, and the same from its end."""
_SEARCH = "(session = $search or chat = $search or starts_with(execution_id, $search))"
Sort = Literal["-started_at", "started_at", "-duration", "duration"]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which executions are asked for; what is empty does not matter.

    `search` is the start of an execution's id, or a session or chat as a whole. `page` counts from 1.
    `among` are the workflows that whoever asks may see, where these are not all; `but` are left out.
    """

    workflow_id: str = ""
    status: tuple[str, ...] = ()
    user: str = ""
    session: str = ""
    chat: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None
    sort: Sort = "-started_at"
    page: int = 1
    size: int = PAGE_SIZE
    among: tuple[str, ...] | None = None
    but: tuple[str, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """Some executions of `total`; each is a row with times as datetimes, UTC."""

    items: list[dict[str, Any]]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)


class Listing:
    """Lists over the history of one lab, with everything acknowledged so far in them."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def page(self, wanted: Wanted) -> Page:
        """Return a page of the executions that fit, and how many fit in all."""
        return await asyncio.to_thread(self._page, wanted)

    async def find(self, execution_id: str) -> dict[str, Any] | None:
        """Return the row of one execution, if the history has it."""
        sql = f"select {_COLUMNS}, result from executions where execution_id = $id"  # noqa: S608  # constants
        rows = await asyncio.to_thread(self._history.rows, sql, {"id": execution_id})
        return rows[0] if rows else None

    async def counts(self) -> dict[str, int]:
        """Return how many executions that are not over stand where, by status."""
        sql = """select status, count(*) as number from executions
          where status in ('queued', 'running', 'waiting', 'paused') group by status"""
        rows = await asyncio.to_thread(self._history.rows, sql)
        return {row["status"]: row["number"] for row in rows}

    async def metrics(self, workflow_id: str, grain: str, since: datetime | None) -> list[Any]:
        """Return counts, success and durations per workflow and hour or day, the oldest first."""
        params: dict[str, Any] = {"grain": grain}
        where = "grain = $grain"
        if workflow_id:
            params["workflow_id"] = workflow_id
            where += " and workflow_id = $workflow_id"
        if since is not None:
            params["since"] = since
            where += " and bucket >= $since"
        sql = f"select * from workflow_metrics where {where} order by bucket, workflow_id limit 10000"  # noqa: S608  # constants
        return await asyncio.to_thread(self._history.rows, sql, params)

    def _page(self, wanted: Wanted) -> Page:
        where, params = _conditions(wanted)
        before = (wanted.page - 1) * wanted.size
        order, backwards = _ORDERS[wanted.sort]
        total, keys = self._counted(where, params, order, count=before + wanted.size)
        size = min(wanted.size, max(total - before, 0))
        behind = total - before - size
        is_from_end = behind < before  # what is passed over is sorted as well
        if is_from_end:
            order, before, keys = backwards, behind, None
        is_near = before + size <= _NEAR and order.key == _SORTED_BY  # DuckDB looks at few then
        if total > _MANY and size and not is_near:
            part = _Part(order, before, size)
            where, before = self._narrowed(where, params, part, first=keys)
        sql = (
            f"select {_COLUMNS} from executions{where}"  # noqa: S608  # as above
            f" order by {order.sql} limit {int(size)} offset {int(before)}"
        )
        items = self._history.rows(sql, params) if size else []
        if is_from_end:
            items.reverse()
        return Page(items, total, wanted.page, wanted.size)

    def _counted(
        self, where: str, params: dict[str, Any], order: _Order, *, count: int
    ) -> tuple[int, list[Any] | None]:
        """Return how many there are, and so many first keys if those are few and not found for nothing."""
        # not count(*), for which DuckDB reads a column of its own choice: here the widest
        asked = "count(status) as total"
        if count <= _NEAR and order.key != _SORTED_BY:
            asked += f", {order.first(count)} as keys"
        [row] = self._history.rows(f"select {asked} from executions{where}", params)  # noqa: S608  # constants, values bound
        return row["total"], row.get("keys")

    def _narrowed(
        self, where: str, params: dict[str, Any], part: _Part, *, first: list[Any] | None
    ) -> tuple[str, int]:
        """Return a condition that few rows beside those of a page meet, and how many of them come before it.

        The keys alone are sorted for that: to read all columns of a million rows takes much longer. `first`
        are the first ones, if they are known.
        """
        key, ahead = part.order.key, part.before
        if part.order.gaps == "first":
            gaps = f"select count(status) - count({key}) as gaps from executions{where}"  # noqa: S608  # constants
            ahead -= self._history.rows(gaps, params)[0]["gaps"]
        if ahead < 0:
            return where, part.before
        keys, passed = self._keys(where, params, _Part(part.order, ahead, part.size), first=first)
        if len(keys) < part.size or keys[-1] is None:  # executions without a key are on this page
            return where, part.before
        params |= {"first": keys[0], "last": keys[-1]}
        low, high = ("$last", "$first") if part.order.way == "desc" else ("$first", "$last")
        return f"{where or ' where true'} and {key} between {low} and {high}", ahead - passed

    def _keys(
        self, where: str, params: dict[str, Any], part: _Part, *, first: list[Any] | None
    ) -> tuple[list[Any], int]:
        """Return the keys of a page, in order, and how many executions have one that comes before them."""
        key, before, size = part.order.key, part.before, part.size
        if before + size <= _NEAR:
            if first is None:
                sql = f"select {part.order.first(before + size)} as keys from executions{where}"  # noqa: S608  # as above
                first = self._history.rows(sql, params)[0]["keys"]
            keys = (first or [])[before : before + size]
            return keys, first.index(keys[0]) if first and keys else 0
        sql = (
            f"select {key} as key from executions{where}"  # noqa: S608  # as above
            f" order by {key} {part.order.way} nulls last limit {int(size)} offset {int(before)}"
        )
        keys = [row["key"] for row in self._history.rows(sql, params)]
        if not keys or keys[0] is None:
            return [], 0
        than = ">" if part.order.way == "desc" else "<"
        sql = f"select count({key}) as passed from executions{where or ' where true'} and {key} {than} $first"  # noqa: S608  # as above
        return keys, self._history.rows(sql, {**params, "first": keys[0]})[0]["passed"]


def _conditions(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    tests = {
        "workflow": ("workflow_id = $workflow", wanted.workflow_id),
        "status": ("list_contains($status, status)", list(wanted.status)),
        "user": ('"user" = $user', wanted.user),
        "session": ("session = $session", wanted.session),
        "chat": ("chat = $chat", wanted.chat),
        "since": ("started_at >= $since", wanted.since),
        "until": ("started_at < $until", wanted.until),
        "search": (_SEARCH, wanted.search),
    }
    given = {name: test for name, (test, value) in tests.items() if value}
    params = {name: tests[name][1] for name in given}
    if wanted.among is not None:
        given["among"] = "list_contains($among, workflow_id)"
        params["among"] = list(wanted.among) or [""]
    if wanted.but:
        given["but"] = "not list_contains($but, workflow_id)"
        params["but"] = list(wanted.but)
    return (f" where {' and '.join(given.values())}" if given else ""), params
