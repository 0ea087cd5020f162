"""One execution starts another: what it asks for, and how that other one ended."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from flowforge_lab.errors import (
    ConflictError,
    DocumentError,
    ExpressionError,
    NodeError,
    NotFoundError,
    PlanError,
)
from flowforge_lab.events import ExecutionState
from flowforge_lab.nodes import Ending

from .failures import error_value
from .outcome import Outcome

_REFUSALS = (NotFoundError, DocumentError, PlanError, ConflictError, ExpressionError)


class Call(msgspec.Struct, frozen=True):
    """The wish of an execution to start another one.

    `key` is the same whenever the same visit asks; `at` (microseconds, UTC) is when the caller started: its
    versions are those of that time.
    """

    workflow: str
    inputs: Mapping[str, Any]
    key: str
    parent: str
    at: int
    depth: int = 0
    is_awaited: bool = True
    user: str = ""
    session: str = ""
    chat: str = ""
    trace: str = ""


class Calls(Protocol):
    """Starts workflows by their id."""

    async def start(self, call: Call) -> str:
        """Start a workflow, and return its execution: for a key that was used before, the one of that time.

        Raises:
            NotFoundError: there is no such workflow.
            PlanError: it is not valid, or its inputs do not fit.
            ConflictError: it has as many executions as it may have, and drops one more.
        """

    async def outcome(self, execution_id: str) -> Outcome:
        """Return how an execution stands or ended.

        Raises:
            NotFoundError: there is no such execution.
        """


class NoCalls:
    """Knows no workflow: for an engine that nobody gave a catalogue."""

    async def start(self, call: Call) -> str:
        """Refuse."""
        msg = f"there is no workflow {call.workflow!r}: this engine knows none"
        raise NotFoundError(msg)

    async def outcome(self, execution_id: str) -> Outcome:
        """Refuse."""
        msg = f"there is no execution {execution_id!r}"
        raise NotFoundError(msg)


async def start_called(calls: Calls, state: ExecutionState, call: Call, *, max_depth: int) -> str:
    """Start a workflow from within the execution `state` is of.

    Raises:
        NodeError: it cannot be started, or stands too deep.
    """
    started = state.started
    depth = 1 if started is None else started.depth + 1
    if depth > max_depth:
        msg = f"{call.workflow!r} would be called {depth} levels deep; max_depth is {max_depth}"
        detail = "a workflow that calls itself needs a condition under which it does not"
        raise NodeError(msg, type="sub_workflow.too_deep", detail=detail, is_transient=False)
    if started is not None:
        call = msgspec.structs.replace(
            call, depth=depth, user=started.user, session=started.session, chat=started.chat
        )
    try:
        return await calls.start(call)
    except _REFUSALS as error:
        raise _refused(call, error) from error


def _refused(call: Call, error: Exception) -> NodeError:
    types: dict[type[Exception], tuple[str, str]] = {
        NotFoundError: ("sub_workflow.unknown", "there is no workflow {!r}"),
        PlanError: ("sub_workflow.invalid", "{!r} cannot be started like this"),
        ConflictError: ("sub_workflow.dropped", "{!r} takes no more executions now"),
    }
    kind, title = types.get(type(error), types[PlanError])
    is_busy = kind == "sub_workflow.dropped"
    return NodeError(
        title.format(call.workflow), type=kind, detail=str(error), is_transient=is_busy
    )


async def ending_of(calls: Calls, execution_id: str) -> Ending:
    """Return how an execution stands, as its caller sees it.

    Raises:
        NodeError: it is not there any more.
    """
    try:
        outcome = await calls.outcome(execution_id)
    except NotFoundError as error:
        raise NodeError(str(error), type="sub_workflow.gone", is_transient=False) from error
    fault = None if outcome.error is None else error_value(outcome.error)
    return Ending(outcome.status, outcome.result, fault)
