"""Running statements over a connection, alone or as one transaction, within limits."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.errors import NodeError

from .building import Statement
from .policy import TablePolicy


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


class Databases:
    """Keeps a pool for each PostgreSQL database; a DuckDB file is opened for each piece of work."""

    def __init__(self) -> None:
        self._pools: dict[Address, Any] = {}

    async def postgres(self, address: Address, work: Work) -> list[Outcome]:
        """Run the statements in PostgreSQL and return what each came to. May be cancelled.

        Raises:
            NodeError: of type `sql.connect`, `.busy`, `.invalid`, `.not_allowed`, `.constraint`, `.timeout`,
                `.too_many_rows`, `.failed`, or `library.missing`.
        """
        from .postgres import open_pool, run_in_pool

        if address not in self._pools:
            self._pools[address] = open_pool(address)
        return await run_in_pool(self._pools[address], work)

    async def duckdb(self, path: Path, work: Work) -> list[Outcome]:
        """Run the statements in a DuckDB file and return what each came to. May be cancelled.

        Raises:
            NodeError: as for `postgres`.
        """
        from .duck import run_in_file

        return await run_in_file(path, work)

    async def keep_events(self, path: Path, events: Sequence[Mapping[str, Any]]) -> None:
        """Add events to the table `events` of a DuckDB file, which is made on first use."""
        from .duck import keep_events

        await asyncio.to_thread(keep_events, path, events)

    async def close(self) -> None:
        """Close all connections; the next piece of work opens new ones."""
        while self._pools:
            _, pool = self._pools.popitem()
            await pool.close()
