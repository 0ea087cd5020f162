"""How the executions of a workflow really went, and how long they would wait under other limits."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from flowforge_lab.analysis import EventLog, Job, Key, Load, OnLimit, replayed, select_jobs
from flowforge_lab.api.access import Caller
from flowforge_lab.api.asked import Past, PastPage, frame_answer, refuse_condition
from flowforge_lab.api.wire import FAILURES, TheCaller, TheLab, WorkflowId, json_answer
from flowforge_lab.errors import QueryError
from flowforge_lab.lab import Parts
from flowforge_lab.services import Process
from flowforge_lab.store import Questions

from .history import ROWS, limits_of

T = TypeVar("T")
router = APIRouter(prefix="/api/workflows", tags=["history"], responses=FAILURES)
Part = Literal["variants", "edges", "bottlenecks", "loops", "conformance"]
LogForm = Literal["xes", "ocel"]
Factor = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
_MAX_JOBS = 50_000
_FILES = {
    "xes": ("application/xml", Process.to_xes),
    "ocel": ("application/json", Process.to_ocel),
}


class LoadAsked(Past):
    """What is asked of a capacity: the limits to try, what shares one, and how many come how fast."""

    limits: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(min_length=1, max_length=20)
    key: Key = ""
    on_limit: OnLimit = "queue"
    arrivals: Factor = 1.0
    service: Factor = 1.0


class DrawnWay(BaseModel):
    """An edge of the workflow."""

    source: str
    port: str
    target: str


class Overview(BaseModel):
    """The edges that are drawn, and those of them that no execution took."""

    drawn: list[DrawnWay]
    unused: list[DrawnWay]


class Waits(BaseModel):
    """How long executions would wait under a limit, in seconds; limit 0 is what they really waited."""

    limit: int
    executions: int
    mean_wait: float
    p95_wait: float
    dropped: int
    utilisation: float | None


class LogAsked(Past):
    """Visits of a workflow as a file."""

    format: LogForm = "xes"


class JobsAsked(PastPage):
    """Executions of a workflow, and what shares a limit among them."""

    key: Key = ""


async def _mined(
    parts: Parts, caller: Caller, workflow_id: str, *, past: Past, do: Callable[[Process], T]
) -> T:
    """Return what comes of the process of a workflow, beside the graph that it is now."""
    refuse_condition(caller, past.where)
    workflow = (await parts.documents.read(workflow_id)).workflow

    def work(questions: Questions) -> T:
        log = EventLog(questions, workflow_id, since=past.since, where=past.where)
        return do(Process(log, workflow, parts.registry))

    return await parts.store.enclosed.work(work, limits=limits_of(parts))


@router.get("/{workflow_id}/process", response_model=Overview)
async def overview(
    parts: TheLab, caller: TheCaller, workflow_id: WorkflowId, past: Annotated[Past, Query()]
) -> Response:
    """Return the ways that are drawn, and those of them that no execution took."""

    def both(process: Process) -> dict[str, Any]:
        drawn = sorted(process.drawn())
        return {"drawn": drawn, "unused": process.unused()}

    found = await _mined(parts, caller, workflow_id, past=past, do=both)
    return json_answer(
        {name: list(map(msgspec.structs.asdict, ways)) for name, ways in found.items()}
    )


@router.get("/{workflow_id}/process/picture", response_class=Response)
async def picture(
    parts: TheLab, caller: TheCaller, workflow_id: WorkflowId, past: Annotated[Past, Query()]
) -> Response:
    """Return the workflow as an SVG document on which each edge says how often and how long it was."""
    svg = await _mined(parts, caller, workflow_id, past=past, do=Process.picture)
    walls = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"}
    return Response(svg, media_type="image/svg+xml", headers=walls)


@router.get("/{workflow_id}/process/log", response_class=FileResponse)
async def log(
    parts: TheLab,
    caller: TheCaller,
    workflow_id: WorkflowId,
    asked: Annotated[LogAsked, Query()],
) -> Response:
    """Return the visits as a log for tools of process mining: XES, or OCEL 2.0 as JSON."""
    kind, write = _FILES[asked.format]
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="flowforge-log-")
    target = Path(folder.name) / f"{workflow_id}.{asked.format}"
    try:
        count = await _mined(
            parts, caller, workflow_id, past=asked, do=lambda process: write(process, target)
        )
    except BaseException:
        await asyncio.to_thread(folder.cleanup)
        raise
    return FileResponse(
        target,
        media_type=kind,
        filename=target.name,
        headers={"X-Visits": str(count)},
        background=BackgroundTask(folder.cleanup),
    )


@router.get("/{workflow_id}/process/{part}", response_class=Response, responses=ROWS)
async def frame(
    parts: TheLab,
    caller: TheCaller,
    workflow_id: WorkflowId,
    part: Part,
    asked: Annotated[PastPage, Query()],
) -> Response:
    """Return the variants, edges, bottlenecks, loops, or the conformance of each execution."""

    def rows(process: Process) -> Response:
        return frame_answer(asked.cut(getattr(process, part)()), asked.format)

    return await _mined(parts, caller, workflow_id, past=asked, do=rows)


@router.get("/{workflow_id}/capacity", response_model=list[Waits])
async def capacity(
    parts: TheLab, caller: TheCaller, workflow_id: WorkflowId, asked: Annotated[LoadAsked, Query()]
) -> Response:
    """Return for each limit how long executions would wait; limit 0 is what they really waited."""
    refuse_condition(caller, asked.where)
    await parts.documents.line(workflow_id)
    load = Load(tuple(asked.limits), **asked.model_dump(exclude={"limits"}))
    query = select_jobs(workflow_id, load)

    def work(questions: Questions) -> Response:
        found = [Job(**row) for row in questions.rows(query.sql, query.params)]
        if len(found) > _MAX_JOBS:
            msg = (
                f"{len(found):,} executions, at most {_MAX_JOBS:,} are replayed here: give `since`"
            )
            raise QueryError(msg)
        return frame_answer(replayed(found, load).frame(), "json")

    return await parts.store.enclosed.work(work, limits=limits_of(parts))


@router.get("/{workflow_id}/capacity/jobs", response_class=Response, responses=ROWS)
async def jobs(
    parts: TheLab, caller: TheCaller, workflow_id: WorkflowId, asked: Annotated[JobsAsked, Query()]
) -> Response:
    """Return when executions arrived, how long they waited, and how long they took, in order of arrival."""
    refuse_condition(caller, asked.where)
    await parts.documents.line(workflow_id)
    query = select_jobs(workflow_id, Load((), key=asked.key, since=asked.since, where=asked.where))

    def work(questions: Questions) -> Response:
        return frame_answer(asked.cut(questions.frame(query.sql, query.params)), asked.format)

    return await parts.store.enclosed.work(work, limits=limits_of(parts))
