"""What the engine needs from outside; the store, the lab and the test fakes give it."""

from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec

from flowforge_lab.errors import FlowForgeError
from flowforge_lab.events import Entry

OnLimit = Literal["queue", "drop", "replace", "fail"]


class NewExecution(msgspec.Struct, frozen=True):
    """What is known of an execution before it starts. Times are microseconds since 1970, UTC.

    At most `max_in_slot` executions that are not over share a `slot`; `on_limit` says what becomes of one
    more. An execution that is `awaited` by its `parent` is cancelled when that one ends before it.
    `key` counts as used until `key_until`, for ever where that is `None`; it is kept as `mark`, if that is
    given, and shown as it is.
    """

    id: str
    workflow_id: str
    digest: str
    trigger: str
    created_at: int
    key: str = ""
    user: str = ""
    session: str = ""
    chat: str = ""
    parent: str = ""
    is_awaited: bool = False
    origin: str = ""
    priority: int = 0
    slot: str = ""
    max_in_slot: int = 0
    on_limit: OnLimit = "queue"
    key_until: int | None = None
    mark: str = ""


class Admission(msgspec.Struct, frozen=True):
    """What became of a wish to start.

    `running`: stored and leased. `queued`: stored, to be claimed once it is its turn; with `replace` the
    oldest of its slot was asked to cancel. `known`: its key was used before, by `execution_id`. `dropped`
    and `refused` (for `drop` and `fail`): its slot is full and nothing was stored.
    """

    status: Literal["running", "queued", "known", "dropped", "refused"]
    execution_id: str
    lease: "Lease | None" = None


class Head(msgspec.Struct, frozen=True):
    """What changes in the one-line summary of an execution together with an append.

    `status` is queued, running, waiting, paused, succeeded, failed or cancelled. `error` is the title of
    what it failed with, or says that errors were handled in one that did not.
    """

    status: str
    wake_at: int | None = None
    finished_at: int | None = None
    error: str = ""


class Lease(msgspec.Struct, frozen=True):
    """The right to run one execution. A higher `epoch` ends the right of every lower one."""

    execution_id: str
    workflow_id: str
    digest: str
    epoch: int


class Signal(msgspec.Struct, frozen=True):
    """A wish from outside about an execution we hold: `cancel`, `pause`, `answer` and the like.

    It comes again with every renewal until an append has named its `id` as taken: a crash between loses none.
    """

    execution_id: str
    kind: str
    payload: str = ""
    id: int = 0


class Claimed(msgspec.Struct, frozen=True):
    """An execution that was taken over: all its entries in order, and the signals that nobody took yet.

    Where its entries cannot be read, `problem` says why and there are none: it does not stop the others.
    """

    lease: Lease
    entries: Sequence[Entry]
    signals: Sequence[Signal] = ()
    problem: FlowForgeError | None = None


class Wait(msgspec.Struct, frozen=True):
    """A parked visit that an answer for `key` goes on with; `terms` is what an answer must keep to."""

    key: str
    execution_id: str
    visit: int
    terms: dict[str, Any] = {}
    until: int | None = None


class Journal(Protocol):
    """All events of all executions, durable once acknowledged."""

    async def start(self, new: NewExecution, entries: Sequence[Entry], head: Head) -> Admission:
        """Store a new execution with its first entries, and lease it if `head` is `running`.

        The slot is counted and taken in one unit, whoever else starts at the same time.
        """

    def append(
        self,
        lease: Lease,
        entries: Sequence[Entry],
        head: Head | None = None,
        *,
        taken: Sequence[int] = (),
    ) -> "Future[None]":
        """Queue entries behind those queued before; the future resolves once they are on disk.

        `entries` may be empty when only the head changes. A head other than `running` gives the lease up in
        the same unit; a finished one also answers whoever waits for `execution:<id>`, and cancels the
        children it awaited. A `VisitParked` with keys becomes `Wait`s, which go with the visit. The
        signals in `taken` do not come again.

        Raises (by the future):
            LeaseLostError: another engine holds the execution, or another event stands at that number.
            StoreFullError: the disk took nothing; the whole append is undone.
        """

    async def read(self, execution_id: str) -> list[Entry]:
        """Return all entries in order; empty if there is no such execution."""

    async def claim(self, execution_ids: Sequence[str]) -> list[Claimed]:
        """Take those that are unfinished and that nobody holds, in this order; a queued one in its turn."""

    async def renew(self, leases: Sequence[Lease]) -> list[Signal]:
        """Keep leases for another period and return the signals for them that were not taken yet."""


class Blobs(Protocol):
    """Big values, by the SHA-256 of their bytes."""

    def put(self, content: bytes) -> str:
        """Store the bytes so that they survive a power cut, and return their digest; twice costs nothing."""

    def get(self, digest: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFoundError: no such blob.
        """


Listener = Callable[[Entry], None]
"""Called for each entry once it is acknowledged, in order; must not block and must not raise."""
