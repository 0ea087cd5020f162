"""Notebooks: what they take, at set times, run once, gone on with after a failure."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import HTMLResponse, Response

from flowforge_lab.api.shapes import Begun, Shape
from flowforge_lab.api.wire import (
    FAILURES,
    ExecutionId,
    TheLab,
    WorkflowId,
    json_answer,
    when,
)
from flowforge_lab.lab import notebooks_of, plan_of
from flowforge_lab.services import PageForm, ScheduledNotebook

from .executions import head_of

router = APIRouter(prefix="/api/notebooks", tags=["notebooks"], responses=FAILURES)
executions = APIRouter(
    prefix="/api/executions/{execution_id}/notebook", tags=["notebooks"], responses=FAILURES
)
_ENCLOSED = {  # a notebook's outputs are whatever its author and its data made of them
    "Content-Security-Policy": "sandbox allow-scripts",
    "X-Content-Type-Options": "nosniff",
}
NotebookPath = Annotated[str, Query(min_length=1, max_length=1000)]
Names = Annotated[list[str], Field(max_length=100)]
Length = Annotated[float, Field(gt=0, le=1e9)]


class Runs(Shape):
    """Notebooks to run one after the other; paths are those in the lab's folder."""

    notebooks: Names = Field(min_length=1)
    parameters: dict[str, Any] = Field(default_factory=dict)
    outputs: Names = Field(default_factory=list)
    kernel: str = Field(default="", max_length=128)
    html: Literal["none", "all", "without_code"] = "none"
    pdf: Literal["none", "all", "without_code"] = "none"
    effects: Literal["none", "reads", "writes"] = "writes"
    timeout: Length | None = None
    cell_timeout: Length | None = None
    retries: int = Field(default=0, ge=0, le=99)
    retry_from: Literal["start", "failed_cell"] = "start"
    keep_kernel: Length | None = None


class Timed(Runs):
    """When they run, and whom to tell: `email:ADDRESS`, `telegram:CHAT`, `webhook:URL`, `log`."""

    cron: str = Field(min_length=1, max_length=200)
    timezone: str = Field(default="", max_length=100)
    missed: Literal["none", "last", "all"] = "last"
    on_failure: Names = Field(default_factory=list)
    via: str = Field(default="", max_length=128)
    id: str = Field(default="", max_length=128)


class Scheduled(Timed):
    """The same, and whether it takes the place of the workflow with its id."""

    replace: bool = False


class Foreseen(Timed):
    """The same, and how many of its times are told."""

    count: int = Field(default=5, ge=1, le=100)


class Version(Shape):
    """The version of the workflow that goes on: `same`, `newest`, a label or a digest."""

    version: str = "same"


def scheduled_of(one: ScheduledNotebook) -> dict[str, Any]:
    """Return a scheduled notebook as it goes out."""
    times = {"next_at": when(one.next_at), "last_at": when(one.last_at)}
    return {**msgspec.structs.asdict(one), **times}


@router.get("")
async def list_scheduled(parts: TheLab) -> Response:
    """List the notebooks that run at set times, the next first."""
    return json_answer([scheduled_of(one) for one in await notebooks_of(parts).all()])


@router.get("/parameters")
async def parameters(parts: TheLab, path: NotebookPath) -> Response:
    """Return what a notebook takes and which variables it sets; no kernel is started."""
    shape = await notebooks_of(parts).parameters(path)
    return json_answer(
        {
            **msgspec.structs.asdict(shape),
            "parameters": [msgspec.structs.asdict(one) for one in shape.parameters],
        }
    )


@router.post("", status_code=201)
async def schedule(parts: TheLab, given: Scheduled) -> Response:
    """Let notebooks run at the times of a cron line; they become a workflow, which is active then."""
    facts = given.model_dump(exclude={"notebooks", "replace"})
    plan = plan_of(list(given.notebooks), facts)
    found = await notebooks_of(parts).schedule(plan, replace=given.replace)
    return json_answer(scheduled_of(found), 201, Location=f"/api/workflows/{found.id}")


@router.post("/foresee")
async def foresee(parts: TheLab, given: Foreseen) -> Response:
    """Return what scheduling notebooks would come to, with the next times; nothing is written."""
    plan = plan_of(list(given.notebooks), given.model_dump(exclude={"notebooks", "count"}))
    found = await notebooks_of(parts).foresee(plan, count=given.count)
    told = {**msgspec.structs.asdict(found), "times": [when(one) for one in found.times]}
    return json_answer(told)


@router.delete("/{workflow_id}", status_code=204)
async def unschedule(parts: TheLab, workflow_id: WorkflowId, *, delete: bool = False) -> Response:
    """Stop a scheduled notebook from being started; with `delete` the file of its workflow goes too."""
    await notebooks_of(parts).unschedule(workflow_id, delete=delete)
    return Response(status_code=204)


@router.post("/run", response_model=Begun, response_model_exclude_unset=True, status_code=201)
async def run(parts: TheLab, given: Runs) -> dict[str, str]:
    """Run notebooks once, in the background."""
    facts = given.model_dump(exclude={"notebooks"})
    begun = await notebooks_of(parts).start(plan_of(list(given.notebooks), facts))
    return {"execution_id": begun, "status": (await head_of(parts, begun)).status}


@executions.get("")
async def resumable(parts: TheLab, execution_id: ExecutionId) -> Response:
    """Return how the notebook that failed in an execution can go on; nothing is run."""
    view = await notebooks_of(parts).resumable((await head_of(parts, execution_id)).id)
    return json_answer({**msgspec.structs.asdict(view), "is_possible": view.is_possible})


@executions.get("/page", response_class=HTMLResponse)
async def page(
    parts: TheLab,
    execution_id: ExecutionId,
    node: Annotated[str, Query(max_length=64)] = "",
    *,
    code: bool = True,
    form: PageForm = "html",
) -> Response:
    """Return the executed copy as a page, with its code or without; what is in it can reach nothing here."""
    head = await head_of(parts, execution_id)
    made = await notebooks_of(parts).page(head.id, node=node, has_code=code, form=form)
    kind = "application/pdf" if form == "pdf" else "text/html; charset=utf-8"
    return Response(made, media_type=kind, headers=_ENCLOSED)


@executions.post(
    "/resume", response_model=Begun, response_model_exclude_unset=True, status_code=201
)
async def resume(parts: TheLab, execution_id: ExecutionId, given: Version) -> dict[str, str]:
    """Start an execution that goes on from the cell that failed."""
    head = await head_of(parts, execution_id)
    begun = await notebooks_of(parts).resume(head.id, version=given.version)
    return {"execution_id": begun, "status": (await head_of(parts, begun)).status}
