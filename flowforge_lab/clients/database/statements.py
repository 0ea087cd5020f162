"""What is to be done, as a form or somebody's SQL says it, and what a driver takes."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from flowforge_lab.clients.records import Comparison

Dialect = Literal["postgres", "duckdb"]


class Where(msgspec.Struct, frozen=True):
    """A condition on one column; `empty` is null."""

    column: str
    comparison: Comparison = "equals"
    value: Any = None


class Order(msgspec.Struct, frozen=True):
    """A column to sort by."""

    column: str
    is_descending: bool = False


class Select(msgspec.Struct, frozen=True, kw_only=True):
    """Read rows; without `columns` all that may be read."""

    table: str
    columns: Sequence[str] = ()
    where: Sequence[Where] = ()
    match: str = "all"
    order_by: Sequence[Order] = ()
    limit: int | None = None
    offset: int = 0


class Insert(msgspec.Struct, frozen=True, kw_only=True):
    """Add rows; a field that one of them lacks gets the column's default."""

    table: str
    rows: Sequence[Mapping[str, Any]]
    returning: Sequence[str] = ()


class Upsert(msgspec.Struct, frozen=True, kw_only=True):
    """Add rows, or change those that are there by `key`; without `update` all other columns."""

    table: str
    rows: Sequence[Mapping[str, Any]]
    key: Sequence[str]
    update: Sequence[str] | None = None
    returning: Sequence[str] = ()


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """Change columns of the rows for which the conditions hold."""

    table: str
    values: Mapping[str, Any]
    where: Sequence[Where] = ()
    match: str = "all"
    returning: Sequence[str] = ()


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """Delete the rows for which the conditions hold."""

    table: str
    where: Sequence[Where] = ()
    match: str = "all"
    returning: Sequence[str] = ()


class WrittenSql(msgspec.Struct, frozen=True, kw_only=True):
    """SQL as somebody wrote it, with values for its `$names`."""

    sql: str
    parameters: Mapping[str, Any] = {}


Statement = Select | Insert | Upsert | Update | Delete | WrittenSql


class Ready(msgspec.Struct, frozen=True):
    """A statement as a driver takes it, whether rows come back, and whether it does nothing else."""

    text: str
    values: Mapping[str, Any]
    has_rows: bool
    is_read: bool = False
