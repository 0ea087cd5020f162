"""The end of an execution: what its result is, the branch that always runs, and the last event."""

from typing import Any

import msgspec

from flowforge_lab.errors import NodeError, StoreError
from flowforge_lab.events import (
    ErrorDetail,
    Event,
    ExecutionFinished,
    ExecutionState,
    FinallyStarted,
    Token,
    Visit,
)
from flowforge_lab.plan import Plan

from .failures import describe
from .outcome import Outcome, Verdict
from .payloads import Payloads
from .ports import Head
from .scopes import let_go
from .visits import Visits

FINALLY_PORT = "finally"


def is_end(plan: Plan, visit: Visit) -> bool:
    """Whether a visit is the end of the execution; its node may be gone in the version it runs now."""
    step = plan.steps.get(visit.node)
    return step is not None and step.type.ends and step.type.kind == visit.kind


def verdict_of(visit: Visit, outputs: dict[str, Any]) -> Verdict:
    """Return what a `flow.end` visit with such outputs says."""
    status = outputs.get("status", "succeeded")
    error = None
    if status == "failed":
        title = str(outputs.get("message") or "the workflow ended itself as failed")
        fault = NodeError(title, type="flow.end", is_transient=False)
        error = describe(fault, node=visit.node, attempt=visit.attempts)
    return Verdict(status, outputs.get("result"), has_result=True, error=error)


async def begin_finally(
    plan: Plan, state: ExecutionState, verdict: Verdict, *, visits: Visits, at: int
) -> list[Event]:
    """Return the events that end what still runs and start the branch that always runs."""
    ending = list(let_go(state, lambda _place: True, at=at))
    verdict, form = await _settled(state, verdict, visits)
    token = Token(0, FINALLY_PORT, plan.workflow.settings.finally_, "in")
    started = FinallyStarted(
        verdict.status, form, has_result=True, error=verdict.error, next=(token,)
    )
    return [*ending, started]


def after_finally(closing: FinallyStarted, verdict: Verdict, payloads: Payloads) -> Verdict:
    """Return how the execution ends, now that its last branch has come to `verdict`."""
    if verdict.status != "succeeded" and closing.status == "succeeded":
        return verdict
    result = payloads.unpack(closing.result)
    return Verdict(closing.status, result, has_result=True, error=closing.error)


async def finished(
    state: ExecutionState, verdict: Verdict, visits: Visits, *, at: int
) -> ExecutionFinished:
    """Return the last event of an execution."""
    started = state.started
    if started is None:
        msg = f"execution {state.execution_id} has no start in its journal"
        raise StoreError(msg)
    verdict, form = await _settled(state, verdict, visits)
    return ExecutionFinished(
        status=verdict.status,
        workflow_id=started.workflow_id,
        digest=state.digest,
        trigger=started.trigger,
        started_at=state.started_at,
        duration=(at - state.started_at) / 1e6,
        result=form,
        error=verdict.error,
        visits=len(state.own_visits()),
        retries=state.retries,
        handled_errors=state.handled_errors,
        user=started.user,
        session=started.session,
        chat=started.chat,
        parent=started.parent,
        origin=started.origin,
    )


async def _settled(state: ExecutionState, verdict: Verdict, visits: Visits) -> tuple[Verdict, Any]:
    """Return the verdict and the journal form of its result; one that cannot be stored is a failure."""
    result = verdict.result
    if verdict.status == "succeeded" and not verdict.has_result:
        result = _leaves(state, visits)
    try:
        return verdict, (await visits.payloads.pack(result)).form
    except NodeError as fault:
        error: ErrorDetail = describe(fault, node="", attempt=0)
        return msgspec.structs.replace(verdict, status="failed", error=error), None


def head_of(last: ExecutionFinished, at: int) -> Head:
    """Return the summary of an execution with such an end."""
    title = last.error.title if last.error else _told_of_handled(last.handled_errors)
    return Head(last.status, finished_at=at, error=title)


def _told_of_handled(count: int) -> str:
    if not count:
        return ""
    return (
        "an error was handled on the way"
        if count == 1
        else f"{count} errors were handled on the way"
    )


def _leaves(state: ExecutionState, visits: Visits) -> dict[str, object]:
    leaves = {
        visit.node: visit.number
        for visit in state.visits.values()
        if visit.is_leaf and not visit.scope
    }
    return {node: visits.value_of(number) for node, number in sorted(leaves.items())}


def outcome_of(state: ExecutionState, payloads: Payloads) -> Outcome:
    """Return the outcome of an execution whose journal shows its end."""
    finished = state.finished
    if finished is None:
        return Outcome(state.execution_id, state.status)
    return Outcome(
        state.execution_id,
        finished.status,
        payloads.unpack(finished.result),
        finished.error,
        None,
        finished.duration,
        finished.handled_errors,
    )
