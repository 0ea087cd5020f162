"""Projects: made, filled, listed, and what is in each; ids in the path are checked against their project."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from flowforge_lab.access import DEFAULT, Project
from flowforge_lab.api.access import Caller
from flowforge_lab.api.shapes import (
    Anew,
    Begin,
    Begun,
    ExecutionDetail,
    ExecutionPage,
    Filters,
    SavedWorkflow,
    Shape,
    VariableValue,
    WorkflowText,
)
from flowforge_lab.api.streaming import stream_execution, stream_workflow
from flowforge_lab.api.wire import (
    FAILURES,
    ID_PATTERN,
    ExecutionId,
    ProjectId,
    TheCaller,
    TheLab,
    WorkflowId,
    json_answer,
    when,
)
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.lab import Parts, session_book
from flowforge_lab.services import LabVariables, Wanted, variables_of
from flowforge_lab.spec import Document
from flowforge_lab.store import ExecutionHead
from flowforge_lab.values import decode

from .executions import TraceParent, detail_of, head_of, page_of, restart_as
from .executions import start as start_execution
from .workflows import line_of, saved_of, text_of

router = APIRouter(prefix="/api/projects", tags=["projects"], responses=FAILURES)
VariableName = Annotated[str, Path(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,127}$")]


class NewProject(Shape):
    """A project; its name is its id where none is given."""

    id: str = Field(pattern=ID_PATTERN, max_length=64)
    name: str = Field(default="", max_length=200)


class Named(Shape):
    """What a project is called."""

    name: str = Field(min_length=1, max_length=200)


async def check_workflow(parts: Parts, project: str, workflow_id: str) -> None:
    """Do nothing where the project has such a workflow, or had one whose executions are kept.

    Raises:
        NotFoundError: there is no such project, or the workflow is not in it.
    """
    parts.access.projects.refuse_unknown(project)
    if parts.access.projects.of(workflow_id) != project:
        msg = f"there is no workflow {workflow_id!r} in project {project!r}"
        raise NotFoundError(msg)
    if await parts.store.journal.list_heads(workflow_id=workflow_id, limit=1):
        return
    await parts.documents.line(workflow_id)


async def _head(
    parts: Parts, project: str, workflow_id: str, *, execution_id: str
) -> ExecutionHead:
    await check_workflow(parts, project, workflow_id)
    return await head_of(parts, execution_id, workflow_id=workflow_id)


# -- projects


def _told(parts: Parts, project: Project, caller: Caller) -> dict[str, Any]:
    return {
        "id": project.id,
        "lab": parts.store.lab_id,
        "name": project.name,
        "created_at": when(project.created_at or None),
        "workflows": [id for id in project.workflows if caller.may("viewer", id)],
    }


async def _default(parts: Parts) -> Project:
    taken = parts.access.projects.taken()
    rest = [line.id for line in await parts.documents.all() if line.id not in taken]
    return Project(DEFAULT, parts.root.name, 0, tuple(rest))


@router.get("")
async def list_projects(parts: TheLab, caller: TheCaller) -> Response:
    """List the projects that the caller has to do with; what is in no other is in `default`."""
    found = [await _default(parts), *parts.access.projects.all()]
    told = [_told(parts, one, caller) for one in found]
    return json_answer(
        [
            one
            for one in told
            if one["id"] == DEFAULT or one["workflows"] or caller.may_in("viewer", one["id"])
        ]
    )


@router.post("", status_code=201)
async def create(parts: TheLab, caller: TheCaller, given: NewProject) -> Response:
    """Make a project."""
    made = await asyncio.to_thread(parts.access.projects.create, given.id, given.name)
    return json_answer(_told(parts, made, caller), 201, Location=f"/api/projects/{made.id}")


@router.get("/{project}")
async def get_project(parts: TheLab, caller: TheCaller, project: ProjectId) -> Response:
    """Return a project with the ids of its workflows."""
    is_default = project == DEFAULT
    found = await _default(parts) if is_default else parts.access.projects.get(project)
    return json_answer(_told(parts, found, caller))


@router.patch("/{project}")
async def rename(parts: TheLab, caller: TheCaller, project: ProjectId, named: Named) -> Response:
    """Give a project another name."""
    renamed = await asyncio.to_thread(parts.access.projects.rename, project, named.name)
    return json_answer(_told(parts, renamed, caller))


@router.delete("/{project}", status_code=204)
async def remove(parts: TheLab, project: ProjectId) -> Response:
    """Remove a project that has no workflow any more, with its variables and sessions."""
    await asyncio.to_thread(parts.access.projects.remove, project)
    await session_book(parts).forget(project)
    return Response(status_code=204)


# -- workflows in it


@router.get("/{project}/workflows")
async def list_workflows(parts: TheLab, project: ProjectId) -> Response:
    """List the workflows of a project."""
    parts.access.projects.refuse_unknown(project)
    found = await parts.documents.all()
    inside = [one for one in found if parts.access.projects.of(one.id) == project]
    return json_answer([line_of(one) for one in inside])


@router.post("/{project}/workflows", response_model=SavedWorkflow, status_code=201)
async def create_workflow(parts: TheLab, project: ProjectId, given: WorkflowText) -> Response:
    """Write a new workflow into a project; one with errors is kept as a draft."""
    parts.access.projects.refuse_unknown(project)
    text = text_of(given)
    await _refuse_taken(parts, project, given.id or Document.parse(text).workflow.id)
    saved = await parts.documents.create(text, given.id)
    id = saved.document.workflow.id
    await asyncio.to_thread(parts.access.projects.put, id, project)
    return json_answer(saved_of(saved), 201, Location=f"/api/workflows/{id}")


async def _refuse_taken(parts: Parts, project: str, id: str) -> None:
    """Refuse the id of a workflow whose executions would be seen in a project that they are not of.

    Raises:
        ConflictError: there was such a workflow elsewhere.
    """
    owner = parts.access.projects.of(id)
    had = await parts.listing.page(Wanted(workflow_id=id, size=1))
    if owner != project and (owner != DEFAULT or had.total):
        msg = f"there is, or was, a workflow {id!r} in another project of this lab: choose another id"
        raise ConflictError(msg)


@router.put("/{project}/workflows/{workflow_id}", status_code=204)
async def put_workflow(parts: TheLab, project: ProjectId, workflow_id: WorkflowId) -> Response:
    """Let a workflow be in this project, and in no other; its executions go with it."""
    parts.access.projects.refuse_unknown(project)
    await parts.documents.line(workflow_id)
    await asyncio.to_thread(parts.access.projects.put, workflow_id, project)
    return Response(status_code=204)


# -- variables in it


def _variables(parts: Parts, project: str) -> LabVariables:
    parts.access.projects.refuse_unknown(project)
    return variables_of(parts.store.variables, parts.clock, scope="project", owner=project)


@router.get("/{project}/variables")
async def list_variables(parts: TheLab, project: ProjectId) -> Response:
    """List the variables of the scope `project`, as the workflows of this one see them."""
    parts.access.projects.refuse_unknown(project)
    owner = "" if project == DEFAULT else project
    return json_answer(
        [
            {"name": one.name, "value": decode(one.value), "expires_at": when(one.expires_at)}
            for one in await parts.store.variables.all("project", owner)
        ]
    )


@router.get("/{project}/variables/{name}")
async def get_variable(parts: TheLab, project: ProjectId, name: VariableName) -> Response:
    """Return one variable of a project."""
    value = await _variables(parts, project).find("project", name)
    if value is None:
        msg = f"there is no variable {name!r} in project {project!r}"
        raise NotFoundError(msg)
    return json_answer({"name": name, "value": value})


@router.put("/{project}/variables/{name}", status_code=204)
async def put_variable(
    parts: TheLab, project: ProjectId, name: VariableName, given: VariableValue
) -> Response:
    """Keep a value; null removes it."""
    kept = _variables(parts, project)
    await kept.change("project", name, given.value, audit=parts.access.audit, ttl=given.ttl)
    return Response(status_code=204)


@router.delete("/{project}/variables/{name}", status_code=204)
async def delete_variable(parts: TheLab, project: ProjectId, name: VariableName) -> Response:
    """Remove a variable; one that is not there is no failure."""
    await _variables(parts, project).change("project", name, None, audit=parts.access.audit)
    return Response(status_code=204)


# -- executions in it


@router.get("/{project}/executions", response_model=ExecutionPage)
async def list_all(
    parts: TheLab, project: ProjectId, asked: Annotated[Filters, Query()]
) -> Response:
    """List the executions of all workflows of a project."""
    projects = parts.access.projects
    projects.refuse_unknown(project)
    if project == DEFAULT:
        wanted = msgspec.structs.replace(asked.wanted(), but=tuple(sorted(projects.taken())))
    else:
        among = projects.get(project).workflows
        wanted = msgspec.structs.replace(asked.wanted(), among=among)
    return await page_of(parts, wanted)


@router.post(
    "/{project}/executions",
    response_model=Begun,
    response_model_exclude_unset=True,
    status_code=201,
)
async def start(  # where, who, what
    parts: TheLab,
    caller: TheCaller,
    project: ProjectId,
    begin: Begin,
    traceparent: TraceParent = "",
) -> Response:
    """Start a workflow of a project, as its file is now."""
    await check_workflow(parts, project, begin.workflow_id)
    return await start_execution(parts, caller, begin, traceparent)


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
    head = await _head(parts, project, workflow_id, execution_id=execution_id)
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
    head = await _head(parts, project, workflow_id, execution_id=execution_id)
    return await stream_execution(request, head)


@router.post(
    "/{project}/workflows/{workflow_id}/executions/{execution_id}/restart",
    response_model=Begun,
    response_model_exclude_unset=True,
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
    head = await _head(parts, project, workflow_id, execution_id=execution_id)
    return await restart_as(parts, head.id, anew or Anew())
