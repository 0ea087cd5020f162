"""The journal as a client sees it: appends behind one another, leases, heads, and what is due."""

from asyncio import Future
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.engine import Head, Lease, NewExecution, Signal
from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import Entry, Row, from_row

from .reading import Reader
from .records import Due, ExecutionHead, Recorded
from .sealing import Sealer
from .units import append_unit, once_unit, plain_unit, start_unit
from .writing import Writer

_PAGE_ROWS = 2000
_POLL_SECONDS = 0.05


class _Page(msgspec.Struct):
    rows: list[Row]
    last: int | None


class StoreJournal:
    """Implements `engine.Journal` over the owner process."""

    def __init__(
        self,
        writer: Writer,
        reader: Reader,
        sealer: Sealer,
        *,
        clock: Clock,
        lease: float,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._lease = lease
        self._sealer = sealer

    async def start(self, new: NewExecution, entries: Sequence[Entry], head: Head) -> Lease | None:
        """Store a new execution and take its lease; `None` if its key was used before.

        Where `head` is not `running` nobody holds it afterwards: it is claimed when it is due.
        """
        unit = start_unit(new, entries, head, lease_seconds=self._lease)
        epoch = await self._writer.submit(unit)
        return None if epoch is None else Lease(new.id, new.workflow_id, new.digest, epoch)

    def append(
        self, lease: Lease, entries: Sequence[Entry], head: Head | None = None
    ) -> "Future[None]":
        """Queue entries; the future resolves once they are on disk."""
        return self._writer.submit(append_unit(lease, entries, head))

    async def read(self, execution_id: str) -> list[Entry]:
        """Return all entries in order, from the journal or from what is sealed."""
        entries: list[Entry] = []
        last: int | None = 0
        while last is not None:
            params = {"id": execution_id, "after": last, "limit": _PAGE_ROWS}
            page = await self._reader.fetch("events", params, kind=_Page)
            entries += [from_row(row) for row in page.rows]
            last = page.last
        return entries or await self._read_sealed(execution_id)

    async def _read_sealed(self, execution_id: str) -> list[Entry]:
        rows = await self._reader.run(lambda: self._sealer.read_execution(execution_id))
        return [from_row(Row(*row)) for row in rows]

    async def claim(self, execution_id: str) -> Lease | None:
        """Take an unfinished execution that nobody holds; `None` if somebody does or it has ended."""
        found = await self._writer.submit(once_unit("claim", execution_id, self._lease))
        return None if found is None else Lease(execution_id, *found)

    async def renew(self, leases: Sequence[Lease]) -> list[Signal]:
        """Keep leases for another period and return the signals that came for them, each once."""
        held = [(lease.execution_id, lease.epoch) for lease in leases]
        rows = await self._writer.submit(once_unit("renew", held, self._lease))
        return [Signal(*row[:3]) for row in sorted(rows, key=_by_number)]

    async def signal(self, execution_id: str, kind: str, payload: str = "") -> bool:
        """Leave a wish for whoever holds, or next claims, the execution; false if it has ended.

        A waiting execution is due at once.
        """
        unit = once_unit("signal", execution_id, kind, payload)
        return bool(await self._writer.submit(unit))

    async def due(self, now_us: int, limit: int = 100) -> list[Due]:
        """Return executions somebody should claim, oldest first."""
        rows = await self._writer.submit(plain_unit("due", now_us, limit))
        return msgspec.convert(rows, list[Due])

    async def find_head(self, execution_id: str) -> ExecutionHead | None:
        """Return the summary line of an execution, if there is one."""
        params = {"id": execution_id}
        found = await self._reader.fetch("find_head", params, kind=list[ExecutionHead])
        return found[0] if found else None

    async def get_head(self, execution_id: str) -> ExecutionHead:
        """Return the summary line of an execution.

        Raises:
            NotFoundError: there is no such execution, or it is older than the journal keeps.
        """
        found = await self.find_head(execution_id)
        if found is None:
            msg = f"there is no execution {execution_id!r}"
            raise NotFoundError(msg)
        return found

    async def list_heads(
        self,
        *,
        status: Sequence[str] = (),
        workflow_id: str = "",
        limit: int = 100,
        before: str = "",
    ) -> list[ExecutionHead]:
        """Return summary lines, newest first; `before` is the id to go on after."""
        params: dict[str, Any] = {
            "statuses": msgspec.json.encode(list(status)).decode(),
            "workflow_id": workflow_id,
            "limit": limit,
            "before": before,
        }
        return await self._reader.fetch("list_heads", params, kind=list[ExecutionHead])

    async def position(self) -> int:
        """Return the place of the newest acknowledged entry, to `follow` from."""
        [[position]] = await self._reader.fetch("last_position", {}, kind=list[list[int]])
        return position

    async def follow(
        self, *, after: int | None = None, execution_id: str = ""
    ) -> AsyncIterator[Recorded]:
        """Yield acknowledged entries of all executions, or of one, as they come; never ends.

        `after` is a position; `None` means from now on. Entries that are sealed and pruned already
        are not given: read them.
        """
        position = await self.position() if after is None else after
        while True:
            params = {"after": position, "execution_id": execution_id, "limit": _PAGE_ROWS}
            page = await self._reader.fetch("follow", params, kind=list[tuple[int, Row]])
            for position, row in page:
                yield Recorded(position, row.workflow_id, from_row(row))
            if len(page) < _PAGE_ROWS:
                await self._clock.sleep(_POLL_SECONDS)


def _by_number(row: list[Any]) -> int:
    return int(row[3])
