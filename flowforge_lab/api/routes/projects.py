"""The executions of a workflow of a project; ids in the path are checked against what they are of."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from flowforge_lab.api.shapes import Anew, Begun, ExecutionDetail, ExecutionPage, Filters
from flowforge_lab.api.streaming import stream_execution, stream_workflow
from flowforge_lab.api.wire import (
    FAILURES,
    ID_PATTERN,
    ExecutionId,
    TheLab,
    WorkflowId,
    json_answer,
)
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Parts

from .executions import detail_of, head_of, page_of, restart_as

PROJECT = "default"
router = APIRouter(prefix="/api/projects", tags=["projects"], responses=FAILURES)
ProjectId = Annotated[str, Path(pattern=ID_PATTERN, max_length=128)]


def check_project(project: str) -> None:
    """Do nothing where there is such a project: a lab is one.

    Raises:
        NotFoundError: there is none.
    """
    if project != PROJECT:
        msg = f"there is no project {project!r}; this lab is one project, called {PROJECT!r}"
        raise NotFoundError(msg)


async def check_workflow(parts: Parts, project: str, workflow_id: str) -> None:
    """Do nothing where the project has such a workflow, or had one whose executions are kept."""
    check_project(project)
    if await parts.store.journal.list_heads(workflow_id=workflow_id, limit=1):
        return
    await parts.documents.line(workflow_id)


@router.get("")
async def list_projects(parts: TheLab) -> list[dict[str, Any]]:
    """List the projects: a lab is one."""
    return [{"id": PROJECT, "lab": parts.store.lab_id, "name": parts.root.name}]


@router.get("/{project}/workflows/{workflow_id}/executions", response_model=ExecutionPage)
async def list_executions(
    parts: TheLab, project: ProjectId, workflow_id: WorkflowId, asked: Annotated[Filters, Query()]
) -> Response:
    """List the executions of a workflow."""
    await check_workflow(parts, project, workflow_id)
    return await page_of(parts, asked.wanted(workflow_id))


@router.get(
    "/{project}/workflows/{workflow_id}/executions/{execution_id}", response_model=ExecutionDetail
)
async def get(
    parts: TheLab, project: ProjectId, workflow_id: WorkflowId, execution_id: ExecutionId
) -> Response:
    """Return one execution of a workflow."""
    check_project(project)
    head = await head_of(parts, execution_id, workflow_id=workflow_id)
    return json_answer(await detail_of(parts, head))


@router.get("/{project}/workflows/{workflow_id}/stream", response_class=Response)
async def stream_all(
    parts: TheLab, request: Request, project: ProjectId, workflow_id: WorkflowId
) -> Response:
    """Send the events of all executions of a workflow as they are acknowledged (server-sent events)."""
    await check_workflow(parts, project, workflow_id)
    return stream_workflow(request, workflow_id)


@router.get(
    "/{project}/workflows/{workflow_id}/executions/{execution_id}/stream", response_class=Response
)
async def stream(  # three ids
    parts: TheLab,
    request: Request,
    project: ProjectId,
    workflow_id: WorkflowId,
    execution_id: ExecutionId,
) -> Response:
    """Send the events of an execution as they are acknowledged (server-sent events)."""
    check_project(project)
    head = await head_of(parts, execution_id, workflow_id=workflow_id)
    return await stream_execution(request, head)


@router.post(
    "/{project}/workflows/{workflow_id}/executions/{execution_id}/restart",
    response_model=Begun,
    status_code=201,
)
async def restart(  # three ids
    parts: TheLab,
    project: ProjectId,
    workflow_id: WorkflowId,
    execution_id: ExecutionId,
    anew: Anew | None = None,
) -> dict[str, str]:
    """Start an execution that is over anew."""
    check_project(project)
    head = await head_of(parts, execution_id, workflow_id=workflow_id)
    return await restart_as(parts, head.id, anew or Anew())
