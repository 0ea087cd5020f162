"""Running statements over a connection, alone or as one transaction, within limits."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .statements import Ready
from .work import Address, Outcome, Work


class Databases:
    """Keeps a pool for each PostgreSQL database; a DuckDB file is opened for each piece of work."""

    def __init__(self) -> None:
        self._pools: dict[Address, Any] = {}

    async def postgres(self, address: Address, work: Work) -> list[Outcome]:
        """Run the statements in PostgreSQL and return what each came to. May be cancelled.

        Raises:
            NodeError: of type `sql.connect`, `.locked`, `.invalid`, `.not_allowed`, `.constraint`,
                `.timeout`,
                `.too_many_rows`, `.failed`, or `library.missing`.
        """
        from .postgres import run_in_pool

        return await run_in_pool(self._pool(address), work)

    async def own(
        self, address: Address, statements: Sequence[Ready], *, seconds: float
    ) -> list[Outcome]:
        """Run statements as they are, as one transaction, and return what each came to.

        Raises:
            NodeError: as for `postgres`.
        """
        from .postgres import run_own

        return await run_own(self._pool(address), statements, seconds=seconds)

    def _pool(self, address: Address) -> Any:
        from .postgres import open_pool

        if address not in self._pools:
            self._pools[address] = open_pool(address)
        return self._pools[address]

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
