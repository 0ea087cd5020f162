"""What is to be done in one go, where, and what came of it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from flowforge_lab.errors import NodeError

from .policy import TablePolicy
from .statements import Statement


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What to do in one go. `is_read_only` has the database itself refuse to write.

    Each statement may give `max_rows` rows, and all of them together may take `seconds`.
    """

    statements: Sequence[Statement]
    policy: TablePolicy
    is_atomic: bool = True
    is_read_only: bool = False
    max_rows: int = 100_000
    seconds: float = 60.0


class Outcome(msgspec.Struct, frozen=True):
    """What a statement came to: its rows, and how many it gave or changed."""

    count: int
    columns: tuple[str, ...] = ()
    rows: list[dict[str, Any]] = []


def too_many_rows(limit: int) -> NodeError:
    """Return the error for a statement that gives more rows than it may."""
    return NodeError(
        "the statement gives too many rows",
        type="sql.too_many_rows",
        detail=f"more than {limit:,}; add a limit, aggregate, or raise max_rows",
        is_transient=False,
    )


def refuse_twins(columns: Sequence[str]) -> None:
    """Raise a `NodeError` if rows, which are told by the names of their columns, would lack one."""
    twins = [name for name in dict.fromkeys(columns) if columns.count(name) > 1]
    if twins:
        raise NodeError(
            "two columns of the result have one name",
            type="sql.invalid",
            detail=f"{', '.join(map(repr, twins))}: give each a name of its own with AS",
            is_transient=False,
        )


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a PostgreSQL database is, and as whom to come."""

    host: str
    port: int = 5432
    database: str
    user: str = ""
    password: str = ""
    ssl: str = "prefer"
    ca_file: str = ""
    connect_seconds: float = 10.0
    max_connections: int = 5

    def __repr__(self) -> str:
        return f"Address({self.user}@{self.host}:{self.port}/{self.database})"
