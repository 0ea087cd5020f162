"""The journal as a client sees it: appends behind one another, leases, heads, and what is due."""

from asyncio import Future
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.engine import Admission, Claimed, Head, Lease, NewExecution, Signal, Wait
from flowforge_lab.errors import FlowForgeError, NotFoundError
from flowforge_lab.events import Entry, Row, from_row

from .bells import Bells
from .reading import Reader
from .records import DeadLetter, Due, ExecutionHead, Recorded
from .sealing import Sealer
from .units import append_unit, once_unit, plain_unit, start_unit
from .writing import Writer

_PAGE_ROWS = 2000


_WaitRow = tuple[str, str, int, str, int | None]


_Claims = tuple[list[tuple[str, str, str, int, int]], list[Row], list[tuple[str, str, str, int]]]
"""Leases as (execution, workflow, digest, epoch, number of its entries), entries, and signals."""


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
        self._bells = Bells()

    async def start(self, new: NewExecution, entries: Sequence[Entry], head: Head) -> Admission:
        """Store a new execution, unless its key or its slot forbids, and lease it if it may run now.

        Where `head` is not `running` nobody holds it afterwards: it is claimed when it is due.
        """
        unit = start_unit(new, entries, head, lease_seconds=self._lease)
        status, execution_id, epoch = await self._writer.submit(unit)
        self._bells.ring()
        lease = None if epoch is None else Lease(new.id, new.workflow_id, new.digest, epoch)
        return Admission(status, execution_id, lease)

    def append(
        self,
        lease: Lease,
        entries: Sequence[Entry],
        head: Head | None = None,
        *,
        taken: Sequence[int] = (),
    ) -> "Future[None]":
        """Queue entries; the future resolves once they are on disk."""
        written = self._writer.submit(append_unit(lease, entries, head, taken=taken))
        if self._bells:
            written.add_done_callback(self._bells.ring)
        return written

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

    async def claim(self, execution_ids: Sequence[str]) -> list[Claimed]:
        """Take those that are unfinished and that nobody holds, in this order; a queued one in its turn."""
        unit = once_unit("claim", execution_ids, self._lease)
        leases, rows, signals = msgspec.convert(await self._writer.submit(unit), _Claims)
        brought: dict[str, list[Row]] = {}
        for row in rows:
            brought.setdefault(row.execution_id, []).append(row)
        wishes: dict[str, list[Signal]] = {}
        for wish in signals:
            wishes.setdefault(wish[0], []).append(Signal(*wish))
        return [
            await self._claimed(Lease(name, *facts), brought.get(name, ()), wishes.get(name, ()))
            for name, *facts, _count in leases
        ]

    async def _claimed(
        self, lease: Lease, brought: Sequence[Row], signals: Sequence[Signal]
    ) -> Claimed:
        try:
            entries = [from_row(row) for row in brought] or await self.read(lease.execution_id)
        except FlowForgeError as problem:
            return Claimed(lease, (), signals, problem)
        return Claimed(lease, entries, signals)

    async def renew(self, leases: Sequence[Lease]) -> list[Signal]:
        """Keep leases for another period and return the signals for them that were not taken yet."""
        held = [(lease.execution_id, lease.epoch) for lease in leases]
        rows = await self._writer.submit(plain_unit("renew", held, self._lease))
        return [Signal(*row) for row in rows]

    async def signal(self, execution_id: str, kind: str, payload: str = "") -> bool:
        """Leave a wish for whoever holds, or next claims, the execution; false if it has ended.

        A waiting or paused execution is due at once, a queued one to be cancelled as well.
        """
        unit = once_unit("signal", execution_id, kind, payload)
        return bool(await self._writer.submit(unit))

    async def answer(
        self, key: str, payload_json: str, *, mark: tuple[str, int, int] | None = None
    ) -> str | None:
        """Give the oldest wait for a key its answer, and return the execution that gets it; `None` if none.

        The answer comes as a signal `answer` with the JSON `{"visit", "key", "answer"}`. A `mark` is what
        the answer came by, as a key of executions is (name, now, until when): whatever was started or
        answered by the same before is left as it is, and its execution is returned.

        Raises:
            StoreError: the payload is no JSON.
        """
        found: str | None = await self._writer.submit(once_unit("answer", key, payload_json, mark))
        return found

    async def find_waits(
        self,
        *,
        key: str = "",
        prefix: str = "",
        execution_id: str = "",
        keys: Sequence[str] = (),
    ) -> list[Wait]:
        """Return what is waited for: under one key or several, under a beginning, or by one execution.

        In the order of the keys, the oldest of each first.
        """
        name, params = "waits_of_prefix", {"prefix": prefix}
        if keys:
            name, params = "waits_of_keys", {"keys": msgspec.json.encode(list(keys)).decode()}
        if key:
            name, params = "waits_of_key", {"key": key}
        elif execution_id:
            name, params = "waits_of_execution", {"execution_id": execution_id}
        rows = await self._reader.fetch(name, params, kind=list[_WaitRow])
        return [_wait(row) for row in rows]

    async def children_of(self, execution_id: str) -> list[ExecutionHead]:
        """Return the executions that this one started, the oldest first."""
        return await self._reader.fetch(
            "children_of", {"id": execution_id}, kind=list[ExecutionHead]
        )

    async def awaited_children_of(self, execution_id: str) -> list[ExecutionHead]:
        """Return the executions that this one started, that end with it, and that are not over."""
        return await self._reader.fetch(
            "awaited_children_of", {"id": execution_id}, kind=list[ExecutionHead]
        )

    async def list_dead_letters(
        self, *, workflow_id: str = "", limit: int = 100, before: str = ""
    ) -> list[DeadLetter]:
        """Return failed executions nobody has seen to, newest first; `before` is the id to go on after."""
        params = {"workflow_id": workflow_id, "limit": limit, "before": before}
        return await self._reader.fetch("list_dead_letters", params, kind=list[DeadLetter])

    async def dismiss(
        self, execution_ids: Sequence[str], *, by: str = "", reason: str = ""
    ) -> list[str]:
        """Take dead letters off the list without a retry, and return the ids of those that were on it."""
        ids = msgspec.json.encode(list(execution_ids)).decode()
        rows = await self._writer.do("dismiss", ids=ids, by=by, reason=reason)
        return sorted(row[0] for row in rows)

    async def due(self, now_us: int, limit: int = 100) -> list[Due]:
        """Return executions somebody should claim: what is left of others, what is woken, whose turn it is.

        Of queued ones only those that their slots have room for, the higher priority first, in it the
        first of each workflow before the second of any, then the oldest.
        """
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

    async def find_moving(
        self, *, chat: str, session: str, user: str, now_us: int
    ) -> ExecutionHead | None:
        """Return the newest execution of a user in a chat that runs or is about to, if there is one."""
        params = {"chat": chat, "session": session, "user": user, "now": now_us}
        found = await self._reader.fetch("moving_in_chat", params, kind=list[ExecutionHead])
        return found[0] if found else None

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

    async def count_live(self, now_us: int) -> list[tuple[str, str, int]]:
        """Return how many executions have each status, whether that has a time, and how many failed.

        The time is `due` or `later`, `answer` where an answer may come before it, and empty where there
        is none; `failed` are the open dead letters.
        """
        return await self._reader.fetch(
            "count_live", {"now": now_us}, kind=list[tuple[str, str, int]]
        )

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
        with self._bells.hung(self._clock) as bell:
            while True:
                params = {"after": position, "execution_id": execution_id, "limit": _PAGE_ROWS}
                page = await self._reader.fetch("follow", params, kind=list[tuple[int, Row]])
                for position, row in page:
                    yield Recorded(position, row.workflow_id, from_row(row))
                if len(page) < _PAGE_ROWS:
                    await bell.wait()


def _wait(row: _WaitRow) -> Wait:
    key, execution_id, visit, terms, until = row
    return Wait(key, execution_id, visit, msgspec.json.decode(terms), until)
