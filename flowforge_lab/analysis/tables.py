"""The tables of the history that can be asked for as such: what filters each, and its order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec

from flowforge_lab.errors import QueryError

TableName = Literal[
    "executions",
    "steps",
    "attempts",
    "events",
    "logs",
    "workflow_metrics",
    "node_metrics",
    "dead_letters",
]


class Selection(msgspec.Struct, frozen=True):
    """Which rows of a table: with these values in these columns, from `since` on, at most `limit`."""

    filters: Mapping[str, str] = {}
    since: datetime | None = None
    limit: int | None = None


class Query(msgspec.Struct, frozen=True):
    """A query of DuckDB with the values of its parameters."""

    sql: str
    params: Mapping[str, Any]


class _Table(msgspec.Struct, frozen=True):
    filters: Sequence[str]
    moment: str
    order: str
    of_one: str = ""  # the order of what one execution has
    columns: str = "*"
    tests: Mapping[str, str] = {}  # those that are more than to equal a column


_TABLES: Mapping[str, _Table] = {
    "executions": _Table(("workflow_id", "status"), "started_at", "started_at desc"),
    "steps": _Table(
        ("execution_id", "workflow_id", "node", "status"), "started_at", "started_at desc"
    ),
    "attempts": _Table(("execution_id", "workflow_id", "node"), "started_at", "started_at desc"),
    "events": _Table(("execution_id", "workflow_id", "type"), "happened_at", "id desc", "seq"),
    "logs": _Table(("execution_id", "workflow_id"), "happened_at", "happened_at desc"),
    "workflow_metrics": _Table(("workflow_id", "grain"), "bucket", "bucket, workflow_id"),
    "node_metrics": _Table(
        ("workflow_id", "node", "grain"), "bucket", "bucket, workflow_id, node"
    ),
    "dead_letters": _Table(
        ("status", "workflow_id", "node", "error"),
        "failed_at",
        "failed_at desc",
        columns="""execution_id, workflow_id, error->>'$.node' as node,
  error->>'$.type' as error_type, error->>'$.title' as error_title, failed_at, status, retried_as,
  dismissed_by, reason""",
        tests={"node": "error->>'$.node' = $node", "error": "error->>'$.type' glob $error"},
    ),
}
TABLES: tuple[TableName, ...] = get_args(TableName)
_GRAINS = ("hour", "day")


def select(table: str, wanted: Selection, *, among: Sequence[str] | None = None) -> Query:
    """Return the query that gives these rows; of the workflows `among`, where that is not all.

    Raises:
        QueryError: the table has no such column to filter by, or no such length of time.
    """
    facts = _TABLES[table]
    strange = sorted(set(wanted.filters) - set(facts.filters))
    if strange:
        has = ", ".join(facts.filters)
        msg = f"{table} are not filtered by {strange[0]!r}, but by: {has}"
        raise QueryError(msg)
    if wanted.filters.get("grain", _GRAINS[0]) not in _GRAINS:
        msg = f"there are no {table} by {wanted.filters['grain']!r}, only by: {', '.join(_GRAINS)}"
        raise QueryError(msg)
    conditions = [facts.tests.get(name, f"{name} = ${name}") for name in wanted.filters]
    params: dict[str, Any] = dict(wanted.filters)
    if wanted.since is not None:
        conditions.append(f"{facts.moment} >= $since")
        params["since"] = wanted.since
    if among is not None:
        conditions.append("list_contains($among, workflow_id)")
        params["among"] = list(among) or [""]
    where = f" where {' and '.join(conditions)}" if conditions else ""
    some = f" limit {int(wanted.limit)}" if wanted.limit is not None else ""
    is_of_one = "execution_id" in wanted.filters and facts.of_one
    order = facts.of_one if is_of_one else facts.order
    return Query(f"select {facts.columns} from {table}{where} order by {order}{some}", params)  # noqa: S608  # names of ours, values bound
