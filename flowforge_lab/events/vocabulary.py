"""What happens in an execution, one frozen class each; released classes only ever gain fields with defaults.

Finishing events carry what a table row needs (`started_at`, `duration`, attempts), so that `steps` and
`executions` of the history are a filter over events and never a join of two of them.
`last_attempt_at` (microseconds, UTC) says when the last of several attempts began; 0 if there was one.
Values (`inputs`, `outputs`, `config`, ...) are in journal form, as `flowforge_lab.values.encode` gives it.
"""

from typing import Any, ClassVar

import msgspec

from .tokens import ErrorDetail, SeededVisit, Token

ASKED = "crash"
"""What the key begins with under which a crash asks; execution and visit follow, parted by colons."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", gc=False):
    """One thing that happened in one execution; time and order are on its `Entry`.

    The garbage collector passes over events: what they hold is JSON, in which there are no circles.
    """

    is_final: ClassVar[bool] = False


class ExecutionStarted(Event, frozen=True, omit_defaults=True, tag="execution.started"):
    """A trigger started an execution of the version `digest`; `trace` is its W3C `traceparent`."""

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
    parent: str = ""
    depth: int = 0
    origin: str = ""
    until: str = ""
    pins: dict[str, Any] = {}
    breakpoints: dict[str, str] = {}
    trace: str = ""


class ExecutionSeeded(Event, frozen=True, omit_defaults=True, tag="execution.seeded"):
    """It goes on from the middle of another execution: what was done there, the arrivals to begin with.

    `expires` says until when (microseconds, UTC) a variable holds, where that is not for ever; `note` tells
    people where it begins. `resumes` names a node that goes on within itself, from that visit there.
    """

    visits: tuple[SeededVisit, ...] = ()
    next: tuple[Token, ...] = ()
    variables: dict[str, Any] = {}
    expires: dict[str, int] = {}
    note: str = ""
    resumes: tuple[str, int] | None = None


class ExecutionResumed(Event, frozen=True, omit_defaults=True, tag="execution.resumed"):
    """Another engine went on where the journal ended, after a crash or a wait."""

    engine: str = ""


class VisitStarted(Event, frozen=True, omit_defaults=True, tag="visit.started"):
    """A node is about to be run, for the tokens in `cause`; its first attempt begins.

    `config` holds the rendered fields that were expressions, in journal form; constants stay in the document.
    `reason` is `timeout` where a join waited long enough, `short` where not as many came as it waits for.
    """

    visit: int
    node: str
    kind: str
    cause: tuple[Token, ...] = ()
    config: dict[str, Any] = {}
    reason: str = ""
    config_bytes: int = 0


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
    terms: dict[str, Any] = {}


class VisitResumed(Event, frozen=True, omit_defaults=True, tag="visit.resumed"):
    """What a parked visit waited for has come: its time, or an answer."""

    visit: int
    node: str
    reason: str = "time"
    answer: Any = None
    key: str = ""


class VisitSucceeded(Event, frozen=True, omit_defaults=True, tag="visit.succeeded"):
    """A visit ended on `port`; `next` are the tokens that leave it. A pinned node was not run.

    Where nothing happened between its start and its end, and nobody was told of the start, both are one
    entry, and `begun` is the start.
    """

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
    is_pinned: bool = False
    begun: VisitStarted | None = None


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


class LoopStarted(Event, frozen=True, omit_defaults=True, tag="loop.started"):
    """A visit goes round: `count` times, or until its condition fails; each turn is a scope of its own."""

    visit: int
    node: str
    count: int | None = None
    parallel: int = 1
    on_item_error: str = "fail"


class IterationStarted(Event, frozen=True, omit_defaults=True, tag="iteration.started"):
    """The turn `index` (from 0) of a loop begins with the tokens `next`; `item` is what it is about."""

    visit: int
    node: str
    index: int
    item: Any = None
    next: tuple[Token, ...] = ()


class IterationReturned(Event, frozen=True, omit_defaults=True, tag="iteration.returned"):
    """A token came back to its loop: its value is the result of the turn.

    `action` is `next`, `continue` (the rest of the turn is let go) or `break` (the rest of the loop is).
    """

    visit: int
    node: str
    index: int
    token: Token
    action: str = "next"


class IterationFailed(Event, frozen=True, omit_defaults=True, tag="iteration.failed"):
    """A turn ended in an error that its loop is told to pass over."""

    visit: int
    node: str
    index: int
    error: ErrorDetail


class TokenDropped(Event, frozen=True, omit_defaults=True, tag="token.dropped"):
    """An arrival leads nowhere any more: its join had fired already, or its loop ended."""

    token: Token


class VariableSet(Event, frozen=True, omit_defaults=True, tag="variable.set"):
    """A variable of this execution has a new value, until `expires_at` (microseconds, UTC) if set.

    A sum or a swap says which change of its visit it is, from 1, so that the visit does it once.
    """

    name: str
    value: Any
    visit: int = 0
    expires_at: int | None = None
    change: int = 0
    by: str = ""


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


class Measured(Event, frozen=True, omit_defaults=True, tag="step.measured"):
    """A node measured something: `counter` adds up, `gauge` is how it stands now."""

    visit: int
    node: str
    attempt: int
    name: str
    value: float
    labels: dict[str, str] = {}
    measure: str = "counter"


class CancelRequested(Event, frozen=True, omit_defaults=True, tag="execution.cancel_requested"):
    """Somebody asked for the execution to stop."""

    by: str = ""
    reason: str = ""


class ExecutionPaused(Event, frozen=True, omit_defaults=True, tag="execution.paused"):
    """Nothing new starts from here on: somebody asked for it, or `token` reached a breakpoint at `node`."""

    by: str = ""
    reason: str = ""
    node: str = ""
    token: Token | None = None


class ExecutionContinued(Event, frozen=True, omit_defaults=True, tag="execution.continued"):
    """A pause is over; with `is_step` only for one visit of each token that was held."""

    by: str = ""
    is_step: bool = False


class BreakpointsSet(Event, frozen=True, omit_defaults=True, tag="execution.breakpoints_set"):
    """The breakpoints from here on: conditions by node id, empty for always."""

    breakpoints: dict[str, str] = {}
    by: str = ""


class OutputsEdited(Event, frozen=True, omit_defaults=True, tag="visit.outputs_edited"):
    """Somebody put other outputs in the place of those of a finished visit."""

    visit: int
    node: str
    outputs: Any
    by: str = ""


class ExecutionMigrated(Event, frozen=True, omit_defaults=True, tag="execution.migrated"):
    """From here on the execution runs the version `digest`."""

    digest: str
    by: str = ""


class MigrationRefused(Event, frozen=True, omit_defaults=True, tag="execution.migration_refused"):
    """Somebody wished for the version `digest`, and the execution cannot go on in it, for these `reasons`."""

    digest: str
    reasons: tuple[str, ...] = ()
    by: str = ""


class FinallyStarted(Event, frozen=True, omit_defaults=True, tag="execution.finally"):
    """The outcome is known; the branch that always runs begins with the tokens `next`."""

    status: str
    result: Any = None
    has_result: bool = False
    error: ErrorDetail | None = None
    next: tuple[Token, ...] = ()


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
    parent: str = ""
    origin: str = ""


AnyEvent = (
    ExecutionStarted
    | ExecutionSeeded
    | ExecutionResumed
    | VisitStarted
    | AttemptFailed
    | AttemptStarted
    | VisitParked
    | VisitResumed
    | VisitSucceeded
    | VisitFailed
    | VisitCancelled
    | LoopStarted
    | IterationStarted
    | IterationReturned
    | IterationFailed
    | TokenDropped
    | VariableSet
    | Logged
    | Progressed
    | Measured
    | CancelRequested
    | ExecutionPaused
    | ExecutionContinued
    | BreakpointsSet
    | OutputsEdited
    | ExecutionMigrated
    | MigrationRefused
    | FinallyStarted
    | ExecutionFinished
)
