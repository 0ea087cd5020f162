"""What happens in an execution, one frozen class each; released classes only ever gain fields with defaults.

Finishing events carry what a table row needs (`started_at`, `duration`, attempts), so that `steps` and
`executions` of the history are a filter over events and never a join of two of them.
`last_attempt_at` (microseconds, UTC) says when the last of several attempts began; 0 if there was one.
Values (`inputs`, `outputs`, `config`, ...) are in journal form, as `flowforge_lab.values.encode` gives it.
"""

from typing import Any, ClassVar

import msgspec


class ErrorDetail(msgspec.Struct, frozen=True, omit_defaults=True):
    """The structured error that an error port carries and a failed execution shows."""

    type: str
    title: str
    detail: str = ""
    status: int | None = None
    node: str = ""
    attempt: int = 0
    is_transient: bool = False


class Token(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True, gc=False):
    """One arrival under way: the visit it comes from, the edge's ends."""

    source: int
    from_port: str
    target: str
    to_port: str


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", gc=False):
    """One thing that happened in one execution; time and order are on its `Entry`.

    The garbage collector passes over events: what they hold is JSON, in which there are no circles.
    """

    is_final: ClassVar[bool] = False


class ExecutionStarted(Event, frozen=True, omit_defaults=True, tag="execution.started"):
    """A trigger started an execution of the version `digest`."""

    workflow_id: str
    digest: str
    trigger: str
    inputs: dict[str, Any] = {}
    payload: Any = None
    durability: str = "step"
    key: str = ""
    user: str = ""
    session: str = ""
    chat: str = ""


class ExecutionResumed(Event, frozen=True, omit_defaults=True, tag="execution.resumed"):
    """Another engine went on where the journal ended, after a crash or a wait."""

    engine: str = ""


class VisitStarted(Event, frozen=True, omit_defaults=True, tag="visit.started"):
    """A node is about to be run, for the tokens in `cause`; its first attempt begins.

    `config` holds the rendered fields that were expressions, in journal form; constants stay in the document.
    """

    visit: int
    node: str
    kind: str
    cause: tuple[Token, ...] = ()
    config: dict[str, Any] = {}


class AttemptFailed(Event, frozen=True, omit_defaults=True, tag="attempt.failed"):
    """An attempt ended in an error and another one follows, not before `retry_at` (microseconds, UTC)."""

    visit: int
    node: str
    attempt: int
    error: ErrorDetail
    started_at: int
    duration: float
    retry_at: int


class AttemptStarted(Event, frozen=True, omit_defaults=True, tag="attempt.started"):
    """The second or a later attempt of a visit begins."""

    visit: int
    node: str
    attempt: int


class VisitParked(Event, frozen=True, omit_defaults=True, tag="visit.parked"):
    """The visit waits, outside memory, until a time (microseconds, UTC) or one of its keys is answered."""

    visit: int
    node: str
    until: int | None = None
    keys: tuple[str, ...] = ()


class VisitResumed(Event, frozen=True, omit_defaults=True, tag="visit.resumed"):
    """What a parked visit waited for has come: its time, or an answer."""

    visit: int
    node: str
    reason: str = "time"
    answer: Any = None


class VisitSucceeded(Event, frozen=True, omit_defaults=True, tag="visit.succeeded"):
    """A visit ended on `port`; `next` are the tokens that leave it."""

    visit: int
    node: str
    kind: str
    port: str
    outputs: Any
    started_at: int
    duration: float
    attempts: int = 1
    next: tuple[Token, ...] = ()
    output_bytes: int = 0
    last_attempt_at: int = 0


class VisitFailed(Event, frozen=True, omit_defaults=True, tag="visit.failed"):
    """A visit's last attempt ended in an error.

    `handled` says what became of it: `port` (the error goes along `next`), `value` (`outputs` took its
    place), or empty: the execution fails.
    """

    visit: int
    node: str
    kind: str
    error: ErrorDetail
    started_at: int
    duration: float
    attempts: int = 1
    handled: str = ""
    outputs: Any = None
    next: tuple[Token, ...] = ()
    last_attempt_at: int = 0


class VisitCancelled(Event, frozen=True, omit_defaults=True, tag="visit.cancelled"):
    """A visit was stopped before its end, because the execution ended or was cancelled."""

    visit: int
    node: str
    kind: str
    started_at: int
    duration: float
    attempts: int = 1
    last_attempt_at: int = 0


class TokenDropped(Event, frozen=True, omit_defaults=True, tag="token.dropped"):
    """An arrival came too late: its join had fired already."""

    token: Token


class VariableSet(Event, frozen=True, omit_defaults=True, tag="variable.set"):
    """A variable of this execution has a new value, until `expires_at` (microseconds, UTC) if set."""

    name: str
    value: Any
    visit: int = 0
    expires_at: int | None = None


class Logged(Event, frozen=True, omit_defaults=True, tag="step.logged"):
    """A node said something: `log()` in code, captured output, or the node type itself."""

    visit: int
    node: str
    attempt: int
    message: str
    level: str = "info"
    source: str = "node"


class Progressed(Event, frozen=True, omit_defaults=True, tag="step.progressed"):
    """A long step says how far it is; `fraction` is between 0 and 1."""

    visit: int
    node: str
    fraction: float
    text: str = ""


class CancelRequested(Event, frozen=True, omit_defaults=True, tag="execution.cancel_requested"):
    """Somebody asked for the execution to stop."""

    by: str = ""
    reason: str = ""


class ExecutionFinished(Event, frozen=True, omit_defaults=True, tag="execution.finished"):
    """The execution came to its end: `succeeded`, `failed` or `cancelled`."""

    status: str
    workflow_id: str
    digest: str
    trigger: str
    started_at: int
    duration: float
    result: Any = None
    error: ErrorDetail | None = None
    visits: int = 0
    retries: int = 0
    handled_errors: int = 0
    user: str = ""
    session: str = ""
    chat: str = ""


AnyEvent = (
    ExecutionStarted
    | ExecutionResumed
    | VisitStarted
    | AttemptFailed
    | AttemptStarted
    | VisitParked
    | VisitResumed
    | VisitSucceeded
    | VisitFailed
    | VisitCancelled
    | TokenDropped
    | VariableSet
    | Logged
    | Progressed
    | CancelRequested
    | ExecutionFinished
)
