"""What the engine needs from outside; the store, the lab and the test fakes give it."""

from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from flowforge_lab.events import Entry


class NewExecution(msgspec.Struct, frozen=True):
    """What is known of an execution before it starts. Times are microseconds since 1970, UTC."""

    id: str
    workflow_id: str
    digest: str
    trigger: str
    created_at: int
    key: str = ""
    user: str = ""
    session: str = ""
    chat: str = ""


class Head(msgspec.Struct, frozen=True):
    """What changes in the one-line summary of an execution together with an append."""

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
    """A wish from another process about an execution we hold: `cancel`, or an answer to a wait."""

    execution_id: str
    kind: str
    payload: str = ""


class Journal(Protocol):
    """All events of all executions, durable once acknowledged."""

    async def start(self, new: NewExecution, entries: Sequence[Entry], head: Head) -> Lease | None:
        """Store a new execution with its first entries and lease it; `None` if `new.key` was used before."""

    def append(
        self, lease: Lease, entries: Sequence[Entry], head: Head | None = None
    ) -> "Future[None]":
        """Queue entries behind those queued before; the future resolves once they are on disk.

        `entries` may be empty when only the head changes. A head with status `waiting` or a finished
        one gives the lease up in the same unit.

        Raises (by the future):
            LeaseLostError: another engine holds the execution, or another event stands at that number.
            StoreFullError: the disk took nothing; the whole append is undone.
        """

    async def read(self, execution_id: str) -> list[Entry]:
        """Return all entries in order; empty if there is no such execution."""

    async def claim(self, execution_id: str) -> Lease | None:
        """Take an unfinished execution that nobody holds; `None` if somebody does or it has ended."""

    async def renew(self, leases: Sequence[Lease]) -> list[Signal]:
        """Keep leases for another period and return the signals that came for them, each once."""


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
