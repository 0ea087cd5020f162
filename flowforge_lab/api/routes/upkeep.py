"""What keeps a lab running: waits, dead letters, variables, secrets, the queue, metrics, health."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import PlainTextResponse, Response

from flowforge_lab.api.access import Caller
from flowforge_lab.api.shapes import (
    Health,
    Letters,
    Processed,
    QueueNow,
    QueueStats,
    QueueStatsHere,
    VariableValue,
)
from flowforge_lab.api.wire import (
    FAILURES,
    TheCaller,
    TheLab,
    json_answer,
    refuse_others,
    when,
)
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Parts
from flowforge_lab.services import LabVariables, variables_of
from flowforge_lab.values import decode

from .addresses import read_answer, refuse_plain_key

router = APIRouter(responses=FAILURES)
Token = Annotated[str, Path(max_length=512)]
Scope = Literal["workflow", "user", "project"]
Name = Annotated[str, Path(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,127}$")]
Owner = Annotated[str, Query(max_length=255)]

# -- waits


@router.get("/api/waits", tags=["waits"])
async def list_waits(
    parts: TheLab, execution_id: Annotated[str, Query(max_length=128)] = ""
) -> Response:
    """List what is waited for, in all executions or in one."""
    found = await parts.waits.all(execution_id=execution_id)
    return json_answer(
        [{**msgspec.structs.asdict(one), "until": when(one.until)} for one in found]
    )


@router.post("/api/resume/{token}", tags=["waits"])
async def answer(
    parts: TheLab, request: Request, token: Token, given: Annotated[Any, Body()] = None
) -> Response:
    """Answer a wait by the token that its address ends with; whoever knows it may answer."""
    refuse_plain_key(token)
    answered = await parts.waits.answer(token, read_answer(request, given))
    return json_answer(msgspec.structs.asdict(answered))


@router.post("/api/waits/{key}/answer", tags=["waits"])
async def answer_key(
    parts: TheLab, request: Request, key: Token, given: Annotated[Any, Body()] = None
) -> Response:
    """Answer the oldest wait for a key, such as `chat:42`, or for a token."""
    answered = await parts.waits.answer(key, read_answer(request, given))
    return json_answer(msgspec.structs.asdict(answered))


# -- dead letters


@router.get("/api/dead-letters", tags=["dead letters"])
async def list_letters(
    parts: TheLab,
    caller: TheCaller,
    workflow_id: Annotated[str, Query(max_length=128)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """List failed executions nobody has seen to, the newest first; `before` is the id to go on after."""
    found = await parts.store.journal.list_dead_letters(
        workflow_id=workflow_id, limit=limit, before=before
    )
    return json_answer(
        [
            {**msgspec.structs.asdict(one), "failed_at": when(one.failed_at)}
            for one in found
            if caller.may("viewer", one.workflow_id)
        ]
    )


@router.post("/api/dead-letters/retry", tags=["dead letters"])
async def retry_letters(parts: TheLab, caller: TheCaller, letters: Letters) -> Response:
    """Start failed executions anew; each answer says as what, or why not."""
    await _refuse_others(parts, caller, letters.execution_ids)
    found = await parts.dead_letters.retry(
        letters.execution_ids, version=letters.version, begin=letters.begin
    )
    return json_answer([msgspec.structs.asdict(one) for one in found])


@router.post("/api/dead-letters/dismiss", tags=["dead letters"])
async def dismiss_letters(parts: TheLab, caller: TheCaller, letters: Letters) -> Response:
    """Take failed executions off the list without a retry."""
    await _refuse_others(parts, caller, letters.execution_ids)
    gone = await parts.dead_letters.dismiss(
        letters.execution_ids, by=caller.name, reason=letters.reason
    )
    return json_answer({"dismissed": gone})


async def _refuse_others(parts: Parts, caller: Caller, execution_ids: Sequence[str]) -> None:
    """Refuse whoever may not run the workflow of each of these executions."""
    if caller.may("operator"):
        return
    for id in execution_ids:
        head = await parts.store.journal.find_head(id)
        refuse_others(caller, "" if head is None else head.workflow_id)


# -- variables, secrets, connections


def _variables(parts: Parts, scope: str, owner: str) -> LabVariables:
    if scope == "project" and owner:
        parts.access.projects.refuse_unknown(owner)
    return variables_of(parts.store.variables, parts.clock, scope=scope, owner=owner)


@router.get("/api/variables", tags=["variables"])
async def list_variables(parts: TheLab, scope: Scope | None = None, owner: Owner = "") -> Response:
    """List variables of all scopes and owners, or of some."""
    found = await parts.store.variables.every(scope or "", owner)
    return json_answer(
        [
            {
                "scope": one.scope,
                "owner": one.owner,
                "name": one.name,
                "value": decode(one.value),
                "expires_at": when(one.expires_at),
            }
            for one in found
            if one.value is not None and one.scope in {"workflow", "user", "project"}
        ]
    )


@router.get("/api/variables/{scope}/{name}", tags=["variables"])
async def get_variable(parts: TheLab, scope: Scope, name: Name, owner: Owner = "") -> Response:
    """Return one variable."""
    value = await _variables(parts, scope, owner).find(scope, name)
    if value is None:
        msg = f"there is no variable {name!r} in the scope {scope}"
        raise NotFoundError(msg)
    return json_answer({"scope": scope, "owner": owner, "name": name, "value": value})


@router.put("/api/variables/{scope}/{name}", tags=["variables"], status_code=204)
async def put_variable(  # where it is, and what it becomes
    parts: TheLab, scope: Scope, name: Name, given: VariableValue, owner: Owner = ""
) -> Response:
    """Keep a value; null removes it."""
    kept = _variables(parts, scope, owner)
    await kept.change(scope, name, given.value, audit=parts.access.audit, ttl=given.ttl)
    return Response(status_code=204)


@router.delete("/api/variables/{scope}/{name}", tags=["variables"], status_code=204)
async def delete_variable(parts: TheLab, scope: Scope, name: Name, owner: Owner = "") -> Response:
    """Remove a variable; one that is not there is no failure."""
    kept = _variables(parts, scope, owner)
    await kept.change(scope, name, None, audit=parts.access.audit)
    return Response(status_code=204)


@router.get("/api/secrets", tags=["secrets"])
async def list_secrets(parts: TheLab) -> list[str]:
    """List the names of the secrets; a value is never shown."""
    return parts.secrets.names()


@router.get("/api/connections", tags=["connections"])
async def list_connections(parts: TheLab) -> dict[str, str]:
    """List the connections with their kinds."""
    found = sorted(parts.connections.items())
    return {name: str(fields.get("kind", "")) for name, fields in found}


@router.get("/api/webhooks", tags=["webhooks"])
async def list_webhooks(parts: TheLab) -> Response:
    """List what active workflows serve at `/api/webhooks/`."""
    return json_answer([msgspec.structs.asdict(one) for one in await parts.webhooks.all()])


# -- queue


@router.get("/api/queue/stats", tags=["queue"], response_model=QueueStatsHere)
async def queue_stats(parts: TheLab) -> Response:
    """Tell how many executions stand where, and how much room this process has."""
    here = {"running_here": len(parts.engine.running), "free_here": parts.executions.free}
    return json_answer({**msgspec.structs.asdict(await parts.queue.stats()), **here})


@router.get("/api/queue/state", tags=["queue"], response_model=QueueNow)
async def queue_state(parts: TheLab) -> dict[str, Any]:
    """Tell whether what is due is handed out, `running` or `paused`, and whether workers take it."""
    return {"state": await parts.queue.state(), "has_broker": parts.worker is not None}


@router.post(
    "/api/queue/process",
    tags=["queue"],
    response_model=Processed,
    responses={204: {"description": "Nothing is due, or the queue is paused."}},
)
async def process(parts: TheLab) -> Response:
    """Fire schedules, run the next execution that is due, and tell what became of it; 204 if none is."""
    if not parts.store.is_copy:
        await parts.host.fire()
    outcome = await parts.queue.process()
    if outcome is None:
        return Response(status_code=204)
    return json_answer({"execution_id": outcome.execution_id, "status": outcome.status})


@router.post("/api/queue/drain", tags=["queue"], response_model=QueueStats)
async def drain(
    parts: TheLab,
    timeout: Annotated[float, Query(ge=0, le=10)] = 0,  # noqa: ASYNC109  # seconds to wait for others
) -> Response:
    """Answer once nothing is ready or running, with what is left; a conflict if that takes too long."""
    return json_answer(msgspec.structs.asdict(await parts.queue.drain(patience=timeout)))


@router.post(
    "/api/queue/pause",
    tags=["queue"],
    response_model=QueueNow,
    response_model_exclude_none=True,
)
async def pause_queue(parts: TheLab) -> dict[str, str]:
    """Hand out nothing more, in all processes and after restarts; what runs goes on."""
    await parts.queue.pause()
    return {"state": "paused"}


@router.post(
    "/api/queue/resume",
    tags=["queue"],
    response_model=QueueNow,
    response_model_exclude_none=True,
)
async def resume_queue(parts: TheLab) -> dict[str, str]:
    """Hand out again what is due."""
    await parts.queue.resume()
    return {"state": "running"}


# -- metrics, health


@router.get("/api/metrics", tags=["metrics"])
async def metrics(
    parts: TheLab,
    workflow_id: Annotated[str, Query(max_length=128)] = "",
    by: Literal["hour", "day"] = "hour",
    since: datetime | None = None,
) -> Response:
    """Return counts, success and durations per workflow and hour or day, the oldest first."""
    return json_answer(await parts.listing.metrics(workflow_id, by, since))


@router.get("/metrics", tags=["metrics"], response_class=PlainTextResponse)
async def prometheus(parts: TheLab, since: datetime | None = None) -> str:
    """Return metrics as Prometheus reads them; with `since` counted from the history."""
    if since is not None:
        aware = since if since.tzinfo else since.replace(tzinfo=UTC)
        return await asyncio.to_thread(parts.measuring.past, aware)
    live = parts.measuring.live  # made on the loop: two who ask at once get the same
    return await asyncio.to_thread(live.text)


@router.get("/health/live", tags=["health"], response_model=Health)
async def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/health/ready", tags=["health"], response_model=Health)
async def ready(parts: TheLab, request: Request) -> Response:
    """Say whether executions can be started: the journal answers and can be written."""
    checks = {
        "journal": "ok" if await parts.store.answers() else "does not answer",
        "folder": "read-only" if parts.store.is_read_only else "ok",
    }
    is_well = all(text == "ok" for text in checks.values())
    is_ending = bool(getattr(request.app.state, "is_ending", False))
    if is_ending:
        checks["server"] = "is ending"
    told = {"status": "ok" if is_well and not is_ending else "not ready", "checks": checks}
    return json_answer(told, 200 if told["status"] == "ok" else 503)
