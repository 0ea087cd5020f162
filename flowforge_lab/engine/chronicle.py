"""The pen of one execution: numbers its events, applies them to the state, hands them to the journal."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime

from flowforge_lab.clock import Clock
from flowforge_lab.errors import StoreError
from flowforge_lab.events import Entry, Event, ExecutionState, VisitStarted, apply

from .ports import Head, Journal, Lease, Listener

_MAX_BUFFERED = 256
_BREATH_SECONDS = 0.002


def microseconds(moment: datetime) -> int:
    """Return a moment as the whole microseconds since 1970, UTC."""
    return int(moment.timestamp() * 1e6)


class Chronicle:
    """Writes what happens.

    Events go to the journal after a breath of two milliseconds, so that what happens in it is one append; at
    once with a head, `flush` and `settled`, so that nothing outside is done before. With `is_buffered`
    only then, or when there are so many that the disk had better begin while the engine goes on.
    """

    def __init__(  # the one place where these six meet
        self,
        journal: Journal,
        lease: Lease,
        state: ExecutionState,
        *,
        clock: Clock,
        listeners: Sequence[Listener] = (),
        is_buffered: bool = False,
    ) -> None:
        self.state = state
        self._loop = asyncio.get_running_loop()
        self.broken: asyncio.Future[None] = self._loop.create_future()
        self._journal = journal
        self._lease = lease
        self._clock = clock
        self._listeners = listeners
        self._is_buffered = is_buffered
        self._pending: list[Entry] = []
        self._taken: list[int] = []
        self._is_flush_due = False
        self._last: asyncio.Future[None] | None = None
        self._nonce = os.urandom(6).hex()

    def now(self) -> int:
        """Return the present as microseconds since 1970, UTC."""
        return self._clock.stamp()

    def note(self, *events: Event, head: Head | None = None, at: int | None = None) -> None:
        """Add events to the state and to what goes to the journal; nothing waits for the disk here.

        `at` is when they happened, now where it is not given.
        """
        if at is None:
            at = self.now()
        for event in events:
            seq = self.state.seq + 1
            entry = Entry(self._lease.execution_id, seq, f"{self._nonce}-{seq}", at, event)
            apply(self.state, entry)
            self._pending.append(entry)
        if head is not None or len(self._pending) >= _MAX_BUFFERED:
            self._send(head)
        elif not self._is_buffered:
            self._flush_soon()

    def take_back_start(self, visit: int) -> VisitStarted | None:
        """Return the start of a visit if it was noted last and went nowhere yet: its end is to carry it."""
        last = self._pending[-1].event if self._pending else None
        if type(last) is not VisitStarted or last.visit != visit:
            return None
        self._pending.pop()
        self.state.seq -= 1
        return last

    def take(self, signal: int) -> None:
        """Tell the journal, together with what is noted meanwhile, that a signal need not come again."""
        self._taken.append(signal)
        self._flush_soon()

    def flush(self) -> None:
        """Hand to the journal what was noted so far, without waiting for it."""
        if self._pending or self._taken:
            self._send(None)

    def _flush_soon(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_later(_BREATH_SECONDS, self._flush_in_passing)

    async def settled(self) -> None:
        """Return once everything noted so far is on disk.

        Raises:
            StoreError: it could not be written; the execution must not go on.
        """
        self.flush()
        if self._last is not None and not self._last.done():
            await asyncio.shield(self._last)
        if self.broken.done():
            self.broken.result()

    def _flush_in_passing(self) -> None:
        self._is_flush_due = False
        try:
            self.flush()
        except StoreError as error:
            self.fail(error)

    def _send(self, head: Head | None) -> None:
        entries, self._pending = self._pending, []
        taken, self._taken = self._taken, []
        future = self._journal.append(self._lease, entries, head, taken=taken)
        future.add_done_callback(lambda done: self._acknowledged(entries, done))
        self._last = future

    def _acknowledged(self, entries: Sequence[Entry], done: "asyncio.Future[None]") -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            for listener in self._listeners:
                for entry in entries:
                    listener(entry)
        else:
            self.fail(error if isinstance(error, StoreError) else _foreign(error))

    def fail(self, error: StoreError) -> None:
        """Take note that nothing more can be written."""
        if not self.broken.done():
            self.broken.set_exception(error)
            self.broken.exception()  # looked at here, so that nobody warns where no one waits


def _foreign(error: BaseException) -> StoreError:
    fault = StoreError(f"the journal failed: {type(error).__name__}: {error}")
    fault.__cause__ = error
    return fault
