"""What the store hands out: rows as frozen values. Times are microseconds since 1970, UTC."""

from typing import Any, Literal

import msgspec

from flowforge_lab.events import Entry

UNFINISHED = ("queued", "running", "waiting", "paused")
"""The statuses of an execution that has not come to its end."""

DueReason = Literal["queued", "woken", "orphaned"]


class ExecutionHead(msgspec.Struct, frozen=True, array_like=True):
    """One execution in one line, as it stands now; `key` is the trigger key it started with."""

    id: str
    workflow_id: str
    digest: str
    trigger: str
    created_at: int
    key: str
    user: str
    session: str
    chat: str
    status: str
    wake_at: int | None
    finished_at: int | None
    error: str
    epoch: int
    parent: str
    origin: str
    priority: int
    slot: str

    @property
    def is_finished(self) -> bool:
        """Whether nothing can happen in it any more."""
        return self.status not in UNFINISHED


class Due(msgspec.Struct, frozen=True, array_like=True):
    """An execution that somebody should claim and go on with, and why.

    `orphaned`: whoever ran it is gone; `woken`: its time has come or it was signalled, which it looks at
    before all else; `queued`: it is its turn.
    """

    execution_id: str
    workflow_id: str
    digest: str
    reason: DueReason


class DeadLetter(msgspec.Struct, frozen=True, array_like=True):
    """A failed execution that nobody has seen to yet: neither retried nor dismissed.

    `retried_as` is the execution that has it as its origin; `by` and `reason` say who dismissed it, and why.
    """

    execution_id: str
    workflow_id: str
    failed_at: int
    error: str
    status: Literal["open", "retried", "dismissed"] = "open"
    retried_as: str = ""
    by: str = ""
    reason: str = ""


class Recorded(msgspec.Struct, frozen=True):
    """An acknowledged entry at its place among those of all executions."""

    position: int
    workflow_id: str
    entry: Entry


class Version(msgspec.Struct, frozen=True, array_like=True):
    """One kept version of a workflow document, in canonical form."""

    digest: str
    workflow_id: str
    name: str
    text: str
    at: int


class Workflow(msgspec.Struct, frozen=True, array_like=True):
    """A workflow in the catalogue. `active_digest` is empty while no trigger may start it."""

    id: str
    name: str
    path: str
    active_digest: str
    latest_digest: str
    has_draft: bool
    updated_at: int
    activated_at: int | None

    @property
    def is_active(self) -> bool:
        """Whether triggers may start it."""
        return bool(self.active_digest)


class Activation(msgspec.Struct, frozen=True, array_like=True):
    """A version that became the active one; an empty `digest` where none was any more."""

    workflow_id: str
    digest: str
    at: int
    by: str


class Label(msgspec.Struct, frozen=True, array_like=True):
    """A name that somebody gave to a version of a workflow."""

    workflow_id: str
    label: str
    digest: str
    at: int


class Pin(msgspec.Struct, frozen=True, array_like=True):
    """Outputs, in journal form, that stand for a node's own while its workflow is being written."""

    workflow_id: str
    node: str
    value: Any
    at: int


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """A workflow text as somebody saved it, valid or not."""

    workflow_id: str
    text: str
    at: int


class Schedule(msgspec.Struct, frozen=True, array_like=True):
    """When a trigger node fires next. `spec` is the node's own description, as JSON."""

    workflow_id: str
    node: str
    spec: dict[str, Any]
    next_at: int | None
    last_at: int | None
    is_active: bool


class Variable(msgspec.Struct, frozen=True, array_like=True):
    """One value in one scope; `value` is in journal form, as `values.encode` gives it."""

    scope: str
    owner: str
    name: str
    value: Any
    expires_at: int | None
