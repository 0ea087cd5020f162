"""What the endpoints take and give, as the OpenAPI document shows it. Times are ISO 8601, UTC."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from flowforge_lab.access import Role
from flowforge_lab.engine import MAX_PRIORITY
from flowforge_lab.services import MAX_PAGE_SIZE, PAGE_SIZE, Sort, Wanted


class Shape(BaseModel):
    """The base of what comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """Problem details (RFC 9457); `code` is stable, `problems` tell faults of a workflow or of fields."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    problems: list[dict[str, Any]] = []


class Execution(BaseModel):
    """One execution in one line; `duration` in seconds."""

    id: str
    workflow_id: str
    version: str
    trigger: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    duration: float | None
    user: str
    session: str
    chat: str
    error: str | None
    parent: str
    origin: str


class ExecutionDetail(Execution):
    """One execution with what went in and what came out."""

    inputs: dict[str, Any]
    result: Any
    wake_at: datetime | None
    failure: dict[str, Any] | None
    handled_errors: int
    key: str
    priority: int


class ExecutionPage(BaseModel):
    """A page of executions; `total` is how many fit in all."""

    items: list[Execution]
    total: int
    page: int
    size: int
    pages: int


class Step(BaseModel):
    """One visit of a node, with its values, its error and its log."""

    visit: int
    node: str
    kind: str
    status: str
    started_at: datetime
    duration: float
    attempts: int
    config: dict[str, Any]
    input: Any
    output: Any
    error: dict[str, Any] | None
    logs: list[str]
    is_pinned: bool
    origin: str


class Event(BaseModel):
    """One entry of the journal; `event` has a `type` and the fields of that type."""

    execution_id: str
    seq: int
    at: datetime
    event: dict[str, Any]


class EventPage(BaseModel):
    """Entries in order; `next_after` is where the next page begins, null at the end."""

    items: list[Event]
    next_after: int | None


class Begin(Shape):
    """What starts an execution."""

    workflow_id: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    trigger: str = ""
    payload: Any = None
    key: str = Field(default="", max_length=512)
    key_window: float | None = Field(default=None, gt=0, le=1e9)
    user: str = Field(default="", max_length=255)
    session: str = Field(default="", max_length=255)
    chat: str = Field(default="", max_length=255)
    priority: int | None = Field(default=None, ge=-MAX_PRIORITY, le=MAX_PRIORITY)
    until: str = ""
    pins: dict[str, Any] = Field(default_factory=dict)
    with_pins: bool = Field(
        default=False, description="Let pinned outputs stand for running their nodes."
    )
    is_queued: bool = Field(
        default=False, description="Leave it to whoever takes it from the queue."
    )
    delay: float = Field(default=0.0, ge=0, le=1e9, description="Seconds until it is handed out.")
    wait: float = Field(default=0.0, ge=0, le=600, description="Seconds to wait for its end.")


class Begun(BaseModel):
    """An execution that was started, or that had the same key."""

    execution_id: str
    status: str
    result: Any = None
    error: dict[str, Any] | None = None


class Reason(Shape):
    """Why something is done."""

    reason: str = Field(default="", max_length=1000)


class Anew(Shape):
    """How an execution is started anew; without `from_step` as a whole."""

    from_step: str | int | None = None
    version: str = "same"
    inputs: dict[str, Any] | None = None
    variables: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, Any] = Field(default_factory=dict)
    pins: dict[str, Any] | None = None
    until: str | None = Field(default=None, max_length=128)
    breakpoints: dict[str, str] = Field(default_factory=dict)
    is_resumed: bool = False


class WorkflowLine(BaseModel):
    """One workflow of the lab."""

    id: str
    name: str
    file: str
    is_kept: bool
    is_active: bool
    has_draft: bool
    version: str
    active_version: str
    updated_at: datetime | None
    activated_at: datetime | None


class WorkflowText(Shape):
    """A workflow as its file says it: YAML, or the same as JSON in `document`."""

    text: str = Field(default="", max_length=5_000_000)
    document: dict[str, Any] | None = None
    id: str = ""


class WorkflowDetail(WorkflowLine):
    """One workflow with its document; send `stamp` back with a change, so that others' are noticed."""

    text: str
    document: dict[str, Any]
    problems: list[dict[str, Any]]
    stamp: str


class SavedWorkflow(BaseModel):
    """What saving came to; with errors among its `problems` it is a draft."""

    id: str
    is_draft: bool
    problems: list[dict[str, Any]]
    stamp: str


class VariableValue(Shape):
    """A value for a variable; `ttl` in seconds."""

    value: Any
    ttl: float | None = Field(default=None, gt=0, le=1e10)


class Letters(Shape):
    """Failed executions that are meant."""

    execution_ids: list[str] = Field(min_length=1, max_length=1000)
    version: str = "same"
    begin: Literal["start", "failed"] = "start"
    reason: str = Field(default="", max_length=1000)


class QueueStats(BaseModel):
    """How many executions stand where."""

    state: Literal["running", "paused"]
    ready: int
    running: int
    delayed: int
    waiting: int
    paused: int
    failed: int


class QueueStatsHere(QueueStats):
    """How many executions stand where, and how many more this process runs at once."""

    running_here: int
    free_here: int


class QueueNow(BaseModel):
    """Whether what is due is handed out."""

    state: Literal["running", "paused"]
    has_broker: bool | None = None


class Processed(BaseModel):
    """What became of an execution that was run here."""

    execution_id: str
    status: str


class Health(BaseModel):
    """Whether the server is well; each check says `ok` or what is wrong."""

    status: str
    checks: dict[str, str] = {}


class Filters(Shape):
    """Which executions a list has, in which order, and which page of it."""

    workflow_id: str = Field(default="", alias="workflowId", max_length=128)
    status: list[
        Literal["queued", "running", "waiting", "paused", "succeeded", "failed", "cancelled"]
    ] = Field(default_factory=list, max_length=7)
    user: str = Field(default="", max_length=255)
    session: str = Field(default="", max_length=255)
    chat: str = Field(default="", max_length=255)
    search: str = Field(
        default="", max_length=255, description="A session, a chat, or the start of an id."
    )
    since: datetime | None = Field(default=None, description="Started then or later.")
    until: datetime | None = Field(default=None, description="Started before that.")
    sort: Sort = "-started_at"
    page: int = Field(default=1, ge=1, le=1_000_000)
    size: int = Field(default=PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE)

    def wanted(self, workflow_id: str = "") -> Wanted:
        """Return them as a question; `workflow_id` goes before the one among them."""
        given = self.model_dump(exclude={"workflow_id", "status", "since", "until"})
        return Wanted(
            workflow_id=workflow_id or self.workflow_id,
            status=tuple(self.status),
            since=_aware(self.since),
            until=_aware(self.until),
            **given,
        )


def _aware(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)


class Login(Shape):
    """Who wants to sign in; `next` is the page to lead on to."""

    name: str = Field(min_length=1, max_length=100)
    password: SecretStr = Field(min_length=1, max_length=1024)
    next: str = Field(default="/", max_length=2000)


class NewAccount(Shape):
    """A person; the empty role may nothing but what `roles` allow in single workflows."""

    name: str = Field(min_length=1, max_length=100)
    password: SecretStr = Field(max_length=1024)
    role: Role | Literal[""] = ""
    roles: dict[str, Role] = Field(default_factory=dict, max_length=1000)


class AccountChange(Shape):
    """What shall be different; the empty `role` takes one away."""

    role: Role | Literal[""] | None = None
    workflow: str = Field(default="", max_length=128)
    password: SecretStr | None = Field(default=None, max_length=1024)
    is_disabled: bool | None = None


class NewPassword(Shape):
    """One's own password, as it was and as it shall be."""

    old: SecretStr = Field(max_length=1024)
    new: SecretStr = Field(max_length=1024)


class NewToken(Shape):
    """A token for a program; `days` is after how long it ends, never where it is not given."""

    name: str = Field(min_length=1, max_length=100)
    role: Role | Literal[""] = ""
    roles: dict[str, Role] = Field(default_factory=dict, max_length=1000)
    days: float | None = Field(default=None, gt=0, le=36500)
