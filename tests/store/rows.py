"""Entries for tests, and executions written in one go."""

from flowforge_lab.engine import Head, Lease, NewExecution
from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    Entry,
    ErrorDetail,
    Event,
    ExecutionFinished,
    ExecutionStarted,
    Logged,
    VisitFailed,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.ids import new_id
from flowforge_lab.store import Store

AT = 1_790_000_000_000_000
SECOND = 1_000_000
RUNNING = Head("running")


class Story:
    """One execution as it is told to the journal, a second per event."""

    def __init__(self, store: Store, workflow_id: str = "greet", **facts: str) -> None:
        self.store = store
        self.new = NewExecution(new_id(), workflow_id, "d" * 64, "manual", AT, **facts)
        self.seq = 0

    @property
    def id(self) -> str:
        return self.new.id

    @property
    def now(self) -> int:
        return AT + self.seq * SECOND

    def entry(self, event: Event) -> Entry:
        self.seq += 1
        return Entry(self.new.id, self.seq, new_id(), self.now, event)

    async def begin(self) -> "Story":
        new = self.new
        event = ExecutionStarted(
            new.workflow_id, new.digest, new.trigger, user=new.user, chat=new.chat
        )
        admission = await self.store.journal.start(new, [self.entry(event)], RUNNING)
        assert admission.lease is not None
        self.lease: Lease = admission.lease
        return self

    async def tell(self, *events: Event, head: Head | None = None) -> None:
        entries = [self.entry(event) for event in events]
        await self.store.journal.append(self.lease, entries, head)

    async def step(self, visit: int, node: str = "load", outputs: object = None) -> None:
        began = self.now
        await self.tell(VisitStarted(visit, node, "data.frame"))
        await self.tell(
            VisitSucceeded(visit, node, "data.frame", "out", outputs, began, 1.0, output_bytes=7)
        )

    async def failing_step(self, visit: int, node: str = "send") -> None:
        error = ErrorDetail("http.status", "The server refused", status=503)
        began = self.now
        await self.tell(
            VisitStarted(visit, node, "action.http_request"),
            AttemptFailed(visit, node, 1, error, began, 1.0, self.now),
            AttemptStarted(visit, node, 2),
            Logged(visit, node, 2, "trying again"),
            VisitFailed(
                visit,
                node,
                "action.http_request",
                error,
                began,
                4.0,
                attempts=2,
                last_attempt_at=began + 3 * SECOND,
            ),
        )

    async def end(self, status: str = "succeeded", *, at: int | None = None) -> "Story":
        new = self.new
        at = self.now + SECOND if at is None else at
        error = ErrorDetail("boom", "It broke") if status == "failed" else None
        event = ExecutionFinished(
            status, new.workflow_id, new.digest, new.trigger, AT, 9.0, {"rows": 3}, error,
            visits=2, retries=1, user=new.user, chat=new.chat, parent=new.parent, origin=new.origin,
        )  # fmt: skip
        title = error.title if error else ""
        head = Head(status, finished_at=at, error=title)
        self.seq += 1
        entry = Entry(new.id, self.seq, new_id(), at, event)
        await self.store.journal.append(self.lease, [entry], head)
        return self


async def tell_one(store: Store, workflow_id: str = "greet", status: str = "succeeded") -> str:
    """Write a whole execution with one step and return its id."""
    story = await Story(store, workflow_id).begin()
    await story.step(1, outputs={"n": 1})
    await story.end(status)
    return story.id
