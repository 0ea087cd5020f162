"""Executions: listed, started, looked at, stopped, started anew."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from flowforge_lab.api import exporting
from flowforge_lab.api.shapes import (
    Anew,
    Begin,
    Begun,
    EventPage,
    ExecutionDetail,
    ExecutionPage,
    Filters,
    Reason,
    Step,
)
from flowforge_lab.api.streaming import stream_execution
from flowforge_lab.api.wire import (
    FAILURES,
    ExecutionId,
    TheCaller,
    TheLab,
    event_of,
    json_answer,
    refuse_others,
    step_of,
    when,
)
from flowforge_lab.engine import Start
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.lab import Parts
from flowforge_lab.services import Changes, Wanted
from flowforge_lab.store import ExecutionHead

TraceParent = Annotated[str, Header()]
router = APIRouter(prefix="/api/executions", tags=["executions"], responses=FAILURES)


async def head_of(parts: Parts, execution_id: str, *, workflow_id: str = "") -> ExecutionHead:
    """Return the summary of an execution by its whole id; of another workflow it is not there.

    Raises:
        NotFoundError: there is none.
    """
    head = await parts.store.journal.find_head(execution_id)
    if head is None or (workflow_id and head.workflow_id != workflow_id):
        msg = f"there is no execution {execution_id!r}" + (
            f" of workflow {workflow_id!r}" if workflow_id else ""
        )
        raise NotFoundError(msg)
    return head


async def page_of(parts: Parts, wanted: Wanted) -> Response:
    """Return a page of a list."""
    page = await parts.listing.page(wanted)
    return json_answer({**msgspec.structs.asdict(page), "pages": page.pages})


async def detail_of(parts: Parts, head: ExecutionHead) -> dict[str, Any]:
    """Return an execution with what went in and came out."""
    outcome = await parts.executions.outcome(head.id)
    is_over = head.finished_at is not None
    return {
        "id": head.id,
        "workflow_id": head.workflow_id,
        "version": head.digest,
        "trigger": head.trigger,
        "status": head.status,
        "started_at": when(head.created_at),
        "finished_at": when(head.finished_at),
        "duration": (head.finished_at - head.created_at) / 1e6 if head.finished_at else None,
        "user": head.user,
        "session": head.session,
        "chat": head.chat,
        "error": head.error or None,
        "parent": head.parent,
        "origin": head.origin,
        "inputs": await parts.executions.inputs(head.id),
        "result": outcome.result if is_over else None,
        "wake_at": when(head.wake_at),
        "failure": None if outcome.error is None else msgspec.structs.asdict(outcome.error),
        "handled_errors": outcome.handled_errors,
        "key": head.key,
        "priority": head.priority,
    }


@router.get("", response_model=ExecutionPage)
async def list_executions(
    parts: TheLab, caller: TheCaller, asked: Annotated[Filters, Query()]
) -> Response:
    """List executions, the newest first unless `sort` says otherwise."""
    wanted = msgspec.structs.replace(asked.wanted(), among=caller.workflows)
    return await page_of(parts, wanted)


@router.post("", response_model=Begun, response_model_exclude_unset=True, status_code=201)
async def start(
    parts: TheLab, caller: TheCaller, begin: Begin, traceparent: TraceParent = ""
) -> Response:
    """Start a workflow, as its file is now; with `wait` the answer tells its end, if it comes in time.

    With `traceparent` (W3C Trace Context) the execution belongs to that trace.
    """
    refuse_others(caller, begin.workflow_id)
    document = await parts.documents.read(begin.workflow_id)
    plan = await parts.workflows.register(document)
    until = None
    if begin.key_window is not None:
        until = parts.clock.stamp() + int(begin.key_window * 1e6)
    not_before = parts.clock.stamp() + int(begin.delay * 1e6) if begin.delay else None
    given = begin.model_dump(exclude={"workflow_id", "key_window", "wait", "delay", "with_pins"})
    wanted = Start(**given, key_until=until, not_before=not_before, trace=traceparent)
    if begin.with_pins:
        wanted = await parts.pins.into(document, wanted)
    started = await parts.executions.start_plan(plan, wanted.keyed_to(plan.workflow.id))
    if started.status in {"dropped", "refused"}:
        msg = f"{begin.workflow_id} has as many executions as it may have"
        raise ConflictError(msg)
    told: dict[str, Any] = {"execution_id": started.execution_id, "status": started.status}
    if begin.wait:
        told |= await _end_within(parts, started.execution_id, begin.wait)
    place = f"/api/executions/{started.execution_id}"
    return json_answer(told, 200 if started.status == "known" else 201, Location=place)


async def _end_within(parts: Parts, execution_id: str, seconds: float) -> dict[str, Any]:
    try:
        async with asyncio.timeout(seconds):
            outcome = await parts.executions.wait(execution_id)
    except TimeoutError:
        return {}
    error = None if outcome.error is None else msgspec.structs.asdict(outcome.error)
    return {"status": outcome.status, "result": outcome.result, "error": error}


@router.get("/{execution_id}", response_model=ExecutionDetail)
async def get(parts: TheLab, execution_id: ExecutionId) -> Response:
    """Return one execution with its inputs and its result."""
    return json_answer(await detail_of(parts, await head_of(parts, execution_id)))


@router.post("/{execution_id}/cancel", status_code=202)
async def cancel(
    parts: TheLab, execution_id: ExecutionId, why: Reason | None = None
) -> dict[str, str]:
    """Stop an execution, wherever it runs."""
    head = await head_of(parts, execution_id)
    await parts.executions.cancel(head.id, reason=why.reason if why else "")
    return {"execution_id": head.id}


@router.post("/{execution_id}/resume", status_code=202)
async def resume(parts: TheLab, execution_id: ExecutionId) -> dict[str, Any]:
    """Go on with an execution that was cut off or whose time has come."""
    head = await head_of(parts, execution_id)
    handle = await parts.executions.resume(head.id)
    return {"execution_id": head.id, "is_resumed": handle is not None}


@router.post("/{execution_id}/pause", status_code=202)
async def pause(
    parts: TheLab, caller: TheCaller, execution_id: ExecutionId, why: Reason | None = None
) -> dict[str, str]:
    """Let nothing new start in an execution."""
    head = await head_of(parts, execution_id)
    reason = why.reason if why else ""
    await parts.operations.wishes.pause(head.id, by=caller.name, reason=reason)
    return {"execution_id": head.id}


@router.post("/{execution_id}/unpause", status_code=202)
async def unpause(parts: TheLab, caller: TheCaller, execution_id: ExecutionId) -> dict[str, str]:
    """Let a paused execution go on."""
    head = await head_of(parts, execution_id)
    await parts.operations.wishes.unpause(head.id, by=caller.name)
    return {"execution_id": head.id}


@router.post(
    "/{execution_id}/restart",
    response_model=Begun,
    response_model_exclude_unset=True,
    status_code=201,
)
async def restart(
    parts: TheLab, execution_id: ExecutionId, anew: Anew | None = None
) -> dict[str, str]:
    """Start an execution that is over anew, as a whole or from a step."""
    head = await head_of(parts, execution_id)
    return await restart_as(parts, head.id, anew or Anew())


async def restart_as(parts: Parts, execution_id: str, anew: Anew) -> dict[str, str]:
    """Start an execution anew and return the new one."""
    given = anew.model_dump(exclude={"from_step", "version"})
    new = await parts.operations.restarts.restart(
        execution_id,
        from_step=anew.from_step,
        version=anew.version,
        changes=Changes(**given),
    )
    head = await head_of(parts, new)
    return {"execution_id": new, "status": head.status}


@router.get("/{execution_id}/events", response_model=EventPage)
async def events(
    parts: TheLab,
    execution_id: ExecutionId,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> Response:
    """Return the journal of an execution behind entry `after`."""
    head = await head_of(parts, execution_id)
    entries = [one for one in await parts.executions.entries(head.id) if one.seq > after]
    page = entries[:limit]
    following = page[-1].seq if len(entries) > limit else None
    return json_answer({"items": list(map(event_of, page)), "next_after": following})


@router.get("/{execution_id}/steps", response_model=list[Step])
async def steps(parts: TheLab, execution_id: ExecutionId) -> Response:
    """Return each visit of a node with its values, its error and its log."""
    head = await head_of(parts, execution_id)
    return json_answer([step_of(view) for view in await parts.executions.steps(head.id)])


@router.get("/{execution_id}/export")
async def export(
    parts: TheLab, execution_id: ExecutionId, format: Literal["json", "csv"] = "json"
) -> Response:
    """Return an execution as a file: all of it as JSON, or its events as CSV."""
    head = await head_of(parts, execution_id)
    entries = await parts.executions.entries(head.id)
    if format == "csv":
        return exporting.attached(exporting.events_csv(entries), f"{head.id}.csv")
    views = await parts.executions.steps(head.id)
    whole = {
        "execution": await detail_of(parts, head),
        "steps": [step_of(view) for view in views],
        "events": [event_of(entry) for entry in entries],
    }
    return exporting.attached(whole, f"{head.id}.json")


@router.get("/{execution_id}/stream", response_class=Response)
async def stream(parts: TheLab, request: Request, execution_id: ExecutionId) -> Response:
    """Send the events of an execution as they are acknowledged (server-sent events).

    The id of each is its number in the journal: a browser that comes back with `Last-Event-ID` misses none
    and gets none twice. After the last one comes `event: end`.
    """
    return await stream_execution(request, await head_of(parts, execution_id))
