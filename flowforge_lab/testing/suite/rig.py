"""What the suite of journals works with: two clients of one journal, and entries to write."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from flowforge_lab.engine import Head, Journal, Lease, NewExecution, Wait
from flowforge_lab.events import (
    Entry,
    ExecutionFinished,
    ExecutionStarted,
    VisitParked,
    VisitStarted,
)
from flowforge_lab.ids import new_id
from flowforge_lab.store import DeadLetter, Due, ExecutionHead

AT = 1_790_000_000_000_000
RUNNING = Head("running")
WAITING = Head("waiting")
PAUSED = Head("paused")
FINISHED = Head("succeeded", finished_at=AT)


class LabJournal(Journal, Protocol):
    """What the store's journals give beyond the engine's port."""

    async def signal(self, execution_id: str, kind: str, payload: str = "") -> bool: ...

    async def answer(self, key: str, payload_json: str) -> str | None: ...

    async def find_waits(
        self, *, key: str = "", prefix: str = "", execution_id: str = ""
    ) -> list[Wait]: ...

    async def children_of(self, execution_id: str) -> list[ExecutionHead]: ...

    async def list_dead_letters(
        self, *, workflow_id: str = "", limit: int = 100, before: str = ""
    ) -> list[DeadLetter]: ...

    async def dismiss(
        self, execution_ids: Sequence[str], *, by: str = "", reason: str = ""
    ) -> list[str]: ...

    async def due(self, now_us: int, limit: int = 100) -> list[Due]: ...

    async def find_head(self, execution_id: str) -> ExecutionHead | None: ...

    async def list_heads(
        self,
        *,
        status: Sequence[str] = (),
        workflow_id: str = "",
        limit: int = 100,
        before: str = "",
    ) -> list[ExecutionHead]: ...


class Rig(Protocol):
    """Two clients of one journal; `leave` makes the first one end and its leases free."""

    first: LabJournal
    second: LabJournal
    leave: Callable[[], None]


def new_execution(workflow_id: str = "greet", **facts: Any) -> NewExecution:
    """Return an execution that has not started yet; `facts` are more fields of it."""
    created_at = facts.pop("created_at", AT)
    return NewExecution(new_id(), workflow_id, "d" * 64, "manual", created_at, **facts)


def started(new: NewExecution) -> Entry:
    """Return the first entry of an execution."""
    event = ExecutionStarted(new.workflow_id, new.digest, new.trigger, {"name": "Zoë"})
    return Entry(new.id, 1, new_id(), AT, event)


def visit(execution_id: str, seq: int) -> Entry:
    """Return the entry of a visit that starts at number `seq`."""
    return Entry(execution_id, seq, new_id(), AT + seq, VisitStarted(seq, "load", "data.frame"))


def parked(execution_id: str, seq: int, *keys: str, number: int = 1, **facts: Any) -> Entry:
    """Return the entry of a visit that waits for an answer under one of `keys`."""
    event = VisitParked(number, "ask", keys=keys, **facts)
    return Entry(execution_id, seq, new_id(), AT + seq, event)


def finished(new: NewExecution, seq: int) -> Entry:
    """Return the last entry of an execution."""
    event = ExecutionFinished("succeeded", new.workflow_id, new.digest, new.trigger, AT, 1.5)
    return Entry(new.id, seq, new_id(), AT + seq, event)


async def ask(journal: Journal, new: NewExecution, *keys: str, **facts: Any) -> Lease:
    """Start an execution that waits for an answer under one of `keys` and return its old lease."""
    lease = await start(journal, new)
    await journal.append(lease, [parked(new.id, 2, *keys, **facts)], WAITING)
    return lease


async def begin(journal: Journal, new: NewExecution, head: Head = RUNNING) -> str:
    """Start an execution with its first entry and return what became of it."""
    return (await journal.start(new, [started(new)], head)).status


async def end(journal: Journal, lease: Lease, head: Head | None = None) -> None:
    """Let an execution be over, without an entry."""
    await journal.append(lease, [], head or FINISHED)


async def start(journal: Journal, new: NewExecution, head: Head = RUNNING) -> Lease:
    """Start an execution with its first entry and return the lease."""
    admission = await journal.start(new, [started(new)], head)
    if admission.lease is None:
        msg = f"execution {new.id} does not run: {admission.status}"
        raise AssertionError(msg)
    return admission.lease


Scenario = Callable[[], Coroutine[Any, Any, None]]


def scenario(test: Callable[[Any, Any], Coroutine[Any, Any, None]]) -> Callable[[Any, Any], None]:
    """Run an async test of the suite on a loop of its own."""

    def run(self: Any, rig: Any) -> None:
        asyncio.run(test(self, rig))

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


async def claim(journal: Journal, execution_id: str) -> Lease | None:
    """Take one execution; `None` where it is over, held, or not in its turn."""
    found = await journal.claim([execution_id])
    return found[0].lease if found else None
