"""A journal and blobs that live in memory and keep every rule of the real ones, for fast tests."""

import asyncio
import hashlib
from asyncio import Future
from collections.abc import Callable, Sequence

import msgspec

from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.engine import Head, Lease, NewExecution, Signal
from flowforge_lab.errors import LeaseLostError, NotFoundError, StoreError
from flowforge_lab.events import Entry
from flowforge_lab.store import UNFINISHED, Due, DueReason, ExecutionHead


class _Stored:
    """One execution as the journal knows it, with who holds it until when."""

    def __init__(self, new: NewExecution, head: Head) -> None:
        self.new = new
        self.head = head
        self.entries: list[Entry] = []
        self.epoch = 1
        self.holder: MemoryJournal | None = None
        self.held_until = 0.0
        self.signals: list[Signal] = []


class MemoryJournal:
    """Implements `engine.Journal` and the store's `due`, `signal` and heads, without a disk.

    `another()` is a second client of the same journal, `die()` does to leases what the death of a
    client's process does, `refuse()` makes the next append fail.
    """

    def __init__(self, clock: Clock | None = None, *, lease: float = 20.0) -> None:
        self._clock: Clock = clock or SystemClock()
        self._lease = lease
        self._executions: dict[str, _Stored] = {}
        self._keys: set[str] = set()
        self._refusals: list[StoreError] = []
        self.append_count = 0

    def another(self) -> "MemoryJournal":
        """Return a client of its own, with no leases, on the same executions."""
        other = MemoryJournal(self._clock, lease=self._lease)
        other._executions = self._executions  # one journal, two clients
        other._keys = self._keys
        return other

    def die(self) -> None:
        """Give up every lease of this client, as the death of its process does."""
        for stored in self._executions.values():
            if stored.holder is self:
                stored.holder = None

    def refuse(self, error: StoreError) -> None:
        """Let the next append fail with `error` and store nothing."""
        self._refusals.append(error)

    async def start(self, new: NewExecution, entries: Sequence[Entry], head: Head) -> Lease | None:
        """Store a new execution and take its lease; `None` if its key was used before."""
        await asyncio.sleep(0)  # noqa: TID251  # the real journal never answers within one step
        if new.id in self._executions:
            return self._started_before(new, entries)
        if new.key and new.key in self._keys:
            return None
        stored = _Stored(new, head)
        self._executions[new.id] = stored
        self._keys.add(new.key)
        self._take(stored)
        lease = Lease(new.id, new.workflow_id, new.digest, stored.epoch)
        self._apply(lease, entries, head)
        return lease

    def append(
        self, lease: Lease, entries: Sequence[Entry], head: Head | None = None
    ) -> "Future[None]":
        """Store entries; the future resolves, or fails, in a later step of the loop."""
        loop = asyncio.get_running_loop()
        future: Future[None] = loop.create_future()
        self.append_count += 1
        try:
            if self._refusals:
                raise self._refusals.pop(0)
            self._apply(lease, entries, head)
        except StoreError as error:
            loop.call_soon(_settle(future, error))
        else:
            loop.call_soon(_settle(future, None))
        return future

    async def read(self, execution_id: str) -> list[Entry]:
        """Return all entries in order; empty if there is no such execution."""
        stored = self._executions.get(execution_id)
        return list(stored.entries) if stored else []

    async def claim(self, execution_id: str) -> Lease | None:
        """Take an unfinished execution that nobody holds."""
        stored = self._executions.get(execution_id)
        if stored is None or stored.head.status not in UNFINISHED or self._is_held(stored):
            return None
        stored.epoch += 1
        stored.head = Head("running")
        self._take(stored)
        return Lease(execution_id, stored.new.workflow_id, stored.new.digest, stored.epoch)

    async def renew(self, leases: Sequence[Lease]) -> list[Signal]:
        """Keep leases for another period and return the signals that came for them, each once."""
        signals: list[Signal] = []
        for lease in leases:
            stored = self._executions.get(lease.execution_id)
            if stored is None or not self._holds(stored, lease):
                continue
            self._take(stored)
            signals += stored.signals
            stored.signals = []
        return signals

    async def signal(self, execution_id: str, kind: str, payload: str = "") -> bool:
        """Leave a wish for whoever holds, or next claims, the execution; false if it has ended."""
        stored = self._executions.get(execution_id)
        if stored is None or stored.head.status not in UNFINISHED:
            return False
        stored.signals.append(Signal(execution_id, kind, payload))
        if stored.head.status == "waiting":
            stored.head = msgspec.structs.replace(stored.head, wake_at=0)
        return True

    async def due(self, now_us: int, limit: int = 100) -> list[Due]:
        """Return executions somebody should claim, oldest first."""
        found: list[Due] = []
        for stored in self._executions.values():
            reason = self._due_reason(stored, now_us)
            if reason:
                new = stored.new
                found.append(Due(new.id, new.workflow_id, new.digest, reason))
        return found[:limit]

    async def find_head(self, execution_id: str) -> ExecutionHead | None:
        """Return the summary line of an execution, if there is one."""
        stored = self._executions.get(execution_id)
        return _head_row(stored) if stored else None

    async def list_heads(
        self,
        *,
        status: Sequence[str] = (),
        workflow_id: str = "",
        limit: int = 100,
        before: str = "",
    ) -> list[ExecutionHead]:
        """Return summary lines, newest first; `before` is the id to go on after."""
        rows = (_head_row(stored) for stored in self._executions.values())
        found = [
            row
            for row in rows
            if (not status or row.status in status)
            and (not workflow_id or row.workflow_id == workflow_id)
            and (not before or row.id < before)
        ]
        return sorted(found, key=lambda row: row.id, reverse=True)[:limit]

    def _started_before(self, new: NewExecution, entries: Sequence[Entry]) -> Lease:
        stored = self._executions[new.id]
        if not entries or not _is_stored(stored, entries):
            msg = f"execution {new.id} was started before"
            raise LeaseLostError(msg)
        return Lease(new.id, new.workflow_id, new.digest, stored.epoch)

    def _apply(self, lease: Lease, entries: Sequence[Entry], head: Head | None) -> None:
        stored = self._executions.get(lease.execution_id)
        if stored is None:
            msg = f"there is no execution {lease.execution_id}"
            raise LeaseLostError(msg)
        if entries and _is_stored(stored, entries):
            return
        if not self._holds(stored, lease):
            msg = f"execution {lease.execution_id} is held by another engine"
            raise LeaseLostError(msg)
        _check_order(stored, entries)
        stored.entries.extend(entries)
        if head is not None:
            self._change(stored, head)

    def _change(self, stored: _Stored, head: Head) -> None:
        if head.status == "waiting" and stored.signals:
            head = msgspec.structs.replace(head, wake_at=0)
        stored.head = head
        if head.status != "running":
            stored.holder = None

    def _take(self, stored: _Stored) -> None:
        stored.holder = self
        stored.held_until = self._clock.monotonic() + self._lease

    def _is_held(self, stored: _Stored) -> bool:
        return stored.holder is not None and stored.held_until > self._clock.monotonic()

    def _holds(self, stored: _Stored, lease: Lease) -> bool:
        return stored.holder is self and stored.epoch == lease.epoch

    def _due_reason(self, stored: _Stored, now_us: int) -> DueReason | None:
        head = stored.head
        if head.status == "queued":
            return "queued"
        if head.status == "waiting" and head.wake_at is not None and head.wake_at <= now_us:
            return "woken"
        if head.status == "running" and not self._is_held(stored):
            return "orphaned"
        return None


class MemoryBlobs:
    """Implements `engine.Blobs` in a dict."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256."""
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes of a digest."""
        try:
            return self._contents[digest]
        except KeyError:
            msg = f"there is no blob {digest}"
            raise NotFoundError(msg) from None


def _settle(future: "Future[None]", error: StoreError | None) -> Callable[[], None]:
    def settle() -> None:
        if future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    return settle


def _is_stored(stored: _Stored, entries: Sequence[Entry]) -> bool:
    first = entries[0]
    if not 1 <= first.seq <= len(stored.entries):
        return False
    return stored.entries[first.seq - 1].event_id == first.event_id


def _check_order(stored: _Stored, entries: Sequence[Entry]) -> None:
    for seq, entry in enumerate(entries, start=len(stored.entries) + 1):
        if entry.seq < seq:
            msg = f"another event stands at {entry.seq} of execution {entry.execution_id}"
            raise LeaseLostError(msg)
        if entry.seq > seq:
            msg = f"execution {entry.execution_id}: expected event {seq}, found {entry.seq}"
            raise StoreError(msg)


def _head_row(stored: _Stored) -> ExecutionHead:
    new, head = stored.new, stored.head
    return ExecutionHead(
        new.id,
        new.workflow_id,
        new.digest,
        new.trigger,
        new.created_at,
        new.key,
        new.user,
        new.session,
        new.chat,
        head.status,
        head.wake_at,
        head.finished_at,
        head.error,
        stored.epoch,
    )
