"""A journal and blobs that live in memory and keep every rule of the real ones, for fast tests."""

import asyncio
import hashlib
import json
from asyncio import Future
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.engine import Admission, Claimed, Head, Lease, NewExecution, Signal, Wait
from flowforge_lab.errors import LeaseLostError, NotFoundError, StoreError
from flowforge_lab.events import Entry
from flowforge_lab.store import DeadLetter, Due, ExecutionHead

from .book import Book, Stored


class MemoryJournal:
    """Implements `engine.Journal` and all that the store's journal gives beyond it, without a disk.

    `another()` is a second client of the same journal, `die()` does to leases what the death of a
    client's process does, `cut()` also takes entries away, `refuse()` makes the next append fail.
    """

    def __init__(self, clock: Clock | None = None, *, lease: float = 20.0) -> None:
        self._clock: Clock = clock or SystemClock()
        self._lease = lease
        self._share(Book())
        self._refusals: list[StoreError] = []
        self.append_count = 0

    def _share(self, book: Book) -> None:
        self._book = book
        self._executions = book.executions

    def another(self) -> "MemoryJournal":
        """Return a client of its own, with no leases, on the same executions."""
        other = MemoryJournal(self._clock, lease=self._lease)
        other._share(self._book)  # one journal, two clients
        return other

    def die(self) -> None:
        """Give up every lease of this client, as the death of its process does."""
        for stored in self._book.executions.values():
            if stored.holder is self:
                stored.holder = None

    def cut(self, execution_id: str, keep: int) -> None:
        """Leave an execution as if whoever ran it had died right after `keep` entries."""
        stored = self._book.executions[execution_id]
        self._book.reopen(stored, stored.entries[:keep])

    def refuse(self, error: StoreError) -> None:
        """Let the next append fail with `error` and store nothing."""
        self._refusals.append(error)

    async def start(self, new: NewExecution, entries: Sequence[Entry], head: Head) -> Admission:
        """Store a new execution, unless its key or its slot forbids, and lease it if it may run now."""
        await asyncio.sleep(0)  # noqa: TID251  # the real journal never answers within one step
        stored = self._book.find(new.id)
        if stored is not None:
            return self._started_before(stored, entries)
        used_by = self._book.user_of_key(new)
        if used_by is not None:
            return Admission("known", used_by)
        if not self._book.has_room(new):
            if new.on_limit in {"drop", "fail"}:
                return Admission("dropped" if new.on_limit == "drop" else "refused", new.id)
            if new.on_limit == "replace":
                self._book.replace(new)
            head = Head("queued") if head.status == "running" else head
        return self._admit(new, entries, head)

    def _admit(self, new: NewExecution, entries: Sequence[Entry], head: Head) -> Admission:
        stored = self._book.add(new, head)
        stored.extend(entries)
        if head.status != "running":
            return Admission("queued", new.id)
        self._take(stored)
        return Admission("running", new.id, _lease(stored))

    def append(
        self,
        lease: Lease,
        entries: Sequence[Entry],
        head: Head | None = None,
        *,
        taken: Sequence[int] = (),
    ) -> "Future[None]":
        """Store entries; the future resolves, or fails, in a later step of the loop."""
        loop = asyncio.get_running_loop()
        future: Future[None] = loop.create_future()
        self.append_count += 1
        try:
            if self._refusals:
                raise self._refusals.pop(0)
            self._apply(lease, entries, head, taken=taken)
        except StoreError as error:
            loop.call_soon(_settle(future, error))
        else:
            loop.call_soon(_settle(future, None))
        return future

    async def read(self, execution_id: str) -> list[Entry]:
        """Return all entries in order; empty if there is no such execution."""
        stored = self._book.find(execution_id)
        return list(stored.entries) if stored else []

    async def claim(self, execution_ids: Sequence[str]) -> list[Claimed]:
        """Take those that are unfinished and that nobody holds, in this order; a queued one in its turn."""
        found = [self._claim(name) for name in execution_ids]
        return [one for one in found if one is not None]

    def _claim(self, execution_id: str) -> Claimed | None:
        stored = self._book.find(execution_id)
        if stored is None or stored.is_over or self._is_held(stored):
            return None
        if not self._book.may_claim(stored):
            return None
        stored.epoch += 1
        stored.head = Head("running")
        self._take(stored)
        return Claimed(_lease(stored), list(stored.entries), list(stored.signals))

    async def renew(self, leases: Sequence[Lease]) -> list[Signal]:
        """Keep leases for another period and return the signals for them that were not taken yet."""
        signals: list[Signal] = []
        for lease in leases:
            stored = self._book.find(lease.execution_id)
            if stored is not None and self._holds(stored, lease):
                self._take(stored)
                signals += stored.signals
        return sorted(signals, key=lambda signal: signal.id)

    async def signal(self, execution_id: str, kind: str, payload: str = "") -> bool:
        """Leave a wish for whoever holds, or next claims, the execution; false if it has ended."""
        stored = self._book.find(execution_id)
        if stored is None or stored.is_over:
            return False
        self._book.leave(stored, kind, payload)
        return True

    async def answer(self, key: str, payload_json: str) -> str | None:
        """Give the oldest wait for a key its answer, and return the execution that gets it."""
        try:
            value = json.loads(payload_json)
        except ValueError as error:
            msg = f"an answer must be JSON: {error}"
            raise StoreError(msg) from error
        for wait in self._book.waits:
            if wait.key == key:
                self._book.answer(wait, value)
                return wait.execution_id
        return None

    async def find_waits(
        self, *, key: str = "", prefix: str = "", execution_id: str = ""
    ) -> list[Wait]:
        """Return what is waited for: under one key, under keys that begin alike, or by one execution."""
        if key:
            return [wait for wait in self._book.waits if wait.key == key]
        if execution_id:
            return self._book.waits_of(execution_id)
        found = [wait for wait in self._book.waits if wait.key.startswith(prefix)]
        return sorted(found, key=lambda wait: wait.key)

    async def children_of(self, execution_id: str) -> list[ExecutionHead]:
        """Return the executions that this one started, the oldest first."""
        found = (one for one in self._book.executions.values() if one.new.parent == execution_id)
        return sorted((one.row() for one in found if execution_id), key=lambda row: row.id)

    async def awaited_children_of(self, execution_id: str) -> list[ExecutionHead]:
        """Return the executions that this one started, that end with it, and that are not over."""
        return [
            row
            for row in await self.children_of(execution_id)
            if self._book.executions[row.id].new.is_awaited and not row.is_finished
        ]

    async def list_dead_letters(
        self, *, workflow_id: str = "", limit: int = 100, before: str = ""
    ) -> list[DeadLetter]:
        """Return failed executions nobody has seen to, newest first."""
        found = [
            letter
            for letter in self._book.letters.values()
            if letter.status == "open"
            and (not workflow_id or letter.workflow_id == workflow_id)
            and (not before or letter.execution_id < before)
        ]
        return sorted(found, key=lambda letter: letter.execution_id, reverse=True)[:limit]

    async def dismiss(
        self, execution_ids: Sequence[str], *, by: str = "", reason: str = ""
    ) -> list[str]:
        """Take dead letters off the list without a retry, and return the ids of those that were on it."""
        letters = self._book.letters
        found = [
            name for name in letters if name in execution_ids and letters[name].status == "open"
        ]
        for name in found:
            letter = letters[name]
            letters[name] = DeadLetter(
                name,
                letter.workflow_id,
                letter.failed_at,
                letter.error,
                "dismissed",
                "",
                by,
                reason,
            )
        return sorted(found)

    async def due(self, now_us: int, limit: int = 100) -> list[Due]:
        """Return executions somebody should claim: left by others, woken, or those whose turn it is."""
        return list(islice(self._due(now_us), limit))

    def _due(self, now_us: int) -> Iterator[Due]:
        stored = sorted(self._book.executions.values(), key=lambda one: one.new.id)
        for one in stored:
            if one.head.status == "running" and not self._is_held(one):
                yield Due(one.new.id, one.new.workflow_id, one.digest, "orphaned")
        woken = [
            one
            for one in stored
            if one.head.status in {"waiting", "paused", "queued"}
            if one.head.wake_at is not None and one.head.wake_at <= now_us
        ]
        for one in sorted(woken, key=lambda one: one.head.wake_at or 0):
            yield Due(one.new.id, one.new.workflow_id, one.digest, "woken")
        for one in self._book.turns():
            yield Due(one.new.id, one.new.workflow_id, one.digest, "queued")

    async def find_head(self, execution_id: str) -> ExecutionHead | None:
        """Return the summary line of an execution, if there is one."""
        stored = self._book.find(execution_id)
        return stored.row() if stored else None

    async def list_heads(
        self,
        *,
        status: Sequence[str] = (),
        workflow_id: str = "",
        limit: int = 100,
        before: str = "",
    ) -> list[ExecutionHead]:
        """Return summary lines, newest first; `before` is the id to go on after."""
        rows = (stored.row() for stored in self._book.executions.values())
        found = [
            row
            for row in rows
            if (not status or row.status in status)
            and (not workflow_id or row.workflow_id == workflow_id)
            and (not before or row.id < before)
        ]
        return sorted(found, key=lambda row: row.id, reverse=True)[:limit]

    def _started_before(self, stored: Stored, entries: Sequence[Entry]) -> Admission:
        if not entries or not stored.has(entries):
            msg = f"execution {stored.new.id} was started before"
            raise LeaseLostError(msg)
        if stored.holder is self and stored.epoch == 1:
            return Admission("running", stored.new.id, _lease(stored))
        return Admission("queued", stored.new.id)

    def _apply(
        self, lease: Lease, entries: Sequence[Entry], head: Head | None, *, taken: Sequence[int]
    ) -> None:
        stored = self._book.find(lease.execution_id)
        if stored is None:
            msg = f"there is no execution {lease.execution_id}"
            raise LeaseLostError(msg)
        if entries and stored.has(entries):
            return
        if not self._holds(stored, lease):
            msg = f"execution {lease.execution_id} is held by another engine"
            raise LeaseLostError(msg)
        stored.extend(entries)
        stored.signals = [signal for signal in stored.signals if signal.id not in taken]
        self._book.keep_waits(lease.execution_id, entries)
        if head is not None:
            self._book.change(stored, head)

    def _take(self, stored: Stored) -> None:
        stored.holder = self
        stored.held_until = self._clock.monotonic() + self._lease

    def _is_held(self, stored: Stored) -> bool:
        return stored.holder is not None and stored.held_until > self._clock.monotonic()

    def _holds(self, stored: Stored, lease: Lease) -> bool:
        return stored.holder is self and stored.epoch == lease.epoch


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


def _lease(stored: Stored) -> Lease:
    new = stored.new
    return Lease(new.id, new.workflow_id, stored.digest, stored.epoch)
