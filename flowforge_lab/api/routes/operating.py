"""What can be done with one execution beside stopping it: look back, fork, debug, take its files."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import Field
from starlette.responses import FileResponse, Response

from flowforge_lab.api.shapes import Anew, Begun, ExecutionDetail, Shape, VariableValue
from flowforge_lab.api.wire import (
    FAILURES,
    ExecutionId,
    TheCaller,
    TheLab,
    json_answer,
    step_of,
)
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Parts
from flowforge_lab.services import Changes, Snapshot

from .executions import detail_of, head_of
from .versions import Moved

router = APIRouter(prefix="/api/executions/{execution_id}", responses=FAILURES)
VariableName = Annotated[str, InPath(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,127}$")]
ArtifactName = Annotated[str, InPath(max_length=1000)]


class Forked(Anew):
    """From which visit another execution starts, a node (its latest) or the number of a visit."""

    at: str | int


class Decided(Shape):
    """Whether what a crash cut off runs again; without `visit` all of it."""

    decision: Literal["rerun", "fail"]
    visit: int = Field(default=0, ge=0, le=2**31)


class Stops(Shape):
    """Where an execution stops: conditions by node, empty for always."""

    breakpoints: dict[str, str]


class Edited(Shape):
    """Other outputs for a visit that is over: of a node the latest, or the one with this number."""

    place: str | int
    outputs: Any


class Again(Shape):
    """Whether a kept request goes to the workflow as it is now, or as it was then."""

    is_newest: bool = False


# -- looking back


def snapshot_of(snapshot: Snapshot) -> dict[str, Any]:
    """Return a moment of an execution as it goes out."""
    steps = [step_of(view) for view in snapshot.steps]
    return {**msgspec.structs.asdict(snapshot), "steps": steps}


@router.get("/at", tags=["debugging"])
async def at(
    parts: TheLab,
    execution_id: ExecutionId,
    seq: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    time: datetime | None = None,
    visit: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Return an execution as it was: after an event, at a time, when a visit began; else as it is now."""
    head = await head_of(parts, execution_id)
    if seq is None and time is None and visit is None:
        return json_answer(snapshot_of(await parts.operations.debugging.look(head.id)))
    found = await parts.operations.at(head.id, seq=seq, time=time, visit=visit)
    return json_answer(snapshot_of(found))


@router.get("/replay", tags=["debugging"])
async def replay(parts: TheLab, execution_id: ExecutionId) -> Response:
    """Return every state an execution went through, computed from its journal; no node runs."""
    head = await head_of(parts, execution_id)
    return json_answer(await parts.operations.replay(head.id))


@router.get("/variables", tags=["debugging"])
async def variables(parts: TheLab, execution_id: ExecutionId) -> Response:
    """Return the variables of the execution by name, as they are now."""
    head = await head_of(parts, execution_id)
    return json_answer((await parts.operations.debugging.look(head.id)).variables)


# -- anew, and on


@router.post(
    "/fork",
    tags=["executions"],
    response_model=Begun,
    response_model_exclude_unset=True,
    status_code=201,
)
async def fork(parts: TheLab, execution_id: ExecutionId, forked: Forked) -> dict[str, str]:
    """Start another execution from a visit of one that is over or runs; that one is left alone."""
    head = await head_of(parts, execution_id)
    given = forked.model_dump(exclude={"at", "from_step", "version"})
    new = await parts.operations.restarts.fork(
        head.id, forked.at, version=forked.version, changes=Changes(**given)
    )
    return {"execution_id": new, "status": (await head_of(parts, new)).status}


@router.post("/migrate", tags=["versions"])
async def migrate(parts: TheLab, execution_id: ExecutionId, moved: Moved) -> Response:
    """Move an execution that waits, is paused or queued to another version of its workflow."""
    head = await head_of(parts, execution_id)
    found = await parts.migrations.one(head.id, moved.to, is_trial=moved.is_trial)
    return json_answer(msgspec.structs.asdict(found))


@router.post("/decide", tags=["executions"], status_code=202)
async def decide(parts: TheLab, execution_id: ExecutionId, decided: Decided) -> dict[str, str]:
    """Let what a crash cut off in an execution run again, or fail."""
    head = await head_of(parts, execution_id)
    await parts.crashes.decide(head.id, decided.decision, visit=decided.visit)
    return {"execution_id": head.id}


@router.post(
    "/replay-request",
    tags=["webhooks"],
    response_model=Begun,
    response_model_exclude_unset=True,
    status_code=201,
)
async def replay_request(
    parts: TheLab, execution_id: ExecutionId, again: Again | None = None
) -> dict[str, str]:
    """Start once more what a kept request to a webhook had started."""
    head = await head_of(parts, execution_id)
    is_newest = again is not None and again.is_newest
    new = await parts.webhooks.replay(head.id, is_newest=is_newest)
    return {"execution_id": new, "status": (await head_of(parts, new)).status}


@router.get(
    "/wait",
    tags=["executions"],
    response_model=ExecutionDetail,
    responses={204: {"description": "It is under way still: ask again."}},
)
async def wait(
    parts: TheLab,
    execution_id: ExecutionId,
    seconds: Annotated[float, Query(ge=0, le=60)] = 20.0,
    is_patient: Annotated[bool, Query(description="Wait through its own waits too.")] = True,  # noqa: FBT002  # of the query
) -> Response:
    """Answer once an execution is over or paused; with `is_patient=false` also once it waits."""
    head = await head_of(parts, execution_id)
    try:
        async with asyncio.timeout(seconds):
            await parts.executions.wait(head.id, is_patient=is_patient)
    except TimeoutError:
        return Response(status_code=204)
    return json_answer(await detail_of(parts, await head_of(parts, head.id)))


# -- under a debugger


@router.put("/breakpoints", tags=["debugging"], status_code=204)
async def set_breakpoints(
    parts: TheLab, caller: TheCaller, execution_id: ExecutionId, stops: Stops
) -> Response:
    """Let an execution stop at these breakpoints, and at no others."""
    head = await head_of(parts, execution_id)
    debugging = parts.operations.debugging
    await debugging.set_breakpoints(head.id, stops.breakpoints, by=caller.name)
    return Response(status_code=204)


@router.put("/variables/{name}", tags=["debugging"], status_code=204)
async def set_variable(  # where, which, what, and who
    parts: TheLab,
    caller: TheCaller,
    execution_id: ExecutionId,
    name: VariableName,
    given: VariableValue,
) -> Response:
    """Give a variable of the execution another value."""
    head = await head_of(parts, execution_id)
    debugging = parts.operations.debugging
    await debugging.set_variable(head.id, name, given.value, by=caller.name)
    return Response(status_code=204)


@router.put("/outputs", tags=["debugging"], status_code=204)
async def edit_outputs(
    parts: TheLab, caller: TheCaller, execution_id: ExecutionId, edited: Edited
) -> Response:
    """Put other outputs in the place of those of a visit that is over; what comes later sees them."""
    head = await head_of(parts, execution_id)
    debugging = parts.operations.debugging
    await debugging.edit_outputs(head.id, edited.place, edited.outputs, by=caller.name)
    return Response(status_code=204)


@router.post("/step", tags=["debugging"], status_code=202)
async def step(parts: TheLab, caller: TheCaller, execution_id: ExecutionId) -> dict[str, str]:
    """Let each arrival that waits in a paused execution make one visit."""
    return await _go_on(parts, execution_id, by=caller.name, is_step=True)


@router.post("/continue", tags=["debugging"], status_code=202)
async def go_on(parts: TheLab, caller: TheCaller, execution_id: ExecutionId) -> dict[str, str]:
    """Let a paused execution run to the next breakpoint or its end."""
    return await _go_on(parts, execution_id, by=caller.name)


async def _go_on(
    parts: Parts, execution_id: str, *, by: str, is_step: bool = False
) -> dict[str, str]:
    head = await head_of(parts, execution_id)
    await parts.operations.debugging.go_on(head.id, by=by, is_step=is_step)
    return {"execution_id": head.id}


# -- files


def _folder(parts: Parts, execution_id: str) -> Path:
    return parts.store.layout.artifacts / execution_id


def _files(folder: Path) -> list[dict[str, Any]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        {"name": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size}
        for path in found
    ]


@router.get("/artifacts", tags=["executions"])
async def artifacts(parts: TheLab, execution_id: ExecutionId) -> Response:
    """List the files that the steps of an execution kept, in order of the steps."""
    head = await head_of(parts, execution_id)
    return json_answer(await asyncio.to_thread(_files, _folder(parts, head.id)))


@router.get("/artifacts/{name:path}", tags=["executions"], response_class=FileResponse)
async def artifact(parts: TheLab, execution_id: ExecutionId, name: ArtifactName) -> Response:
    """Return one file that a step of an execution kept; a browser keeps it and shows nothing of it."""
    head = await head_of(parts, execution_id)
    path = await asyncio.to_thread(_artifact, _folder(parts, head.id), name)
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=path.name,
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _artifact(folder: Path, name: str) -> Path:
    """Return the path of a file that lies in a folder, wherever the name would lead.

    Raises:
        NotFoundError: there is none.
    """
    root = folder.resolve()
    path = (root / name).resolve() if "\0" not in name else root
    if not path.is_relative_to(root) or not path.is_file():
        msg = f"the execution kept no file {name[:100]!r}"
        raise NotFoundError(msg)
    return path
