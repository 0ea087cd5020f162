"""Workflows: the documents of the lab, what is wrong with them, versions, whether triggers start them."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from flowforge_lab.api.shapes import SavedWorkflow, WorkflowDetail, WorkflowLine, WorkflowText
from flowforge_lab.api.streaming import stream_workflow
from flowforge_lab.api.wire import FAILURES, TheCaller, TheLab, WorkflowId, json_answer, when
from flowforge_lab.errors import DocumentError, NotFoundError, Problem
from flowforge_lab.lab import Parts
from flowforge_lab.services import Saved, compare_documents, stamp_of
from flowforge_lab.services import WorkflowLine as Line
from flowforge_lab.spec import Document, yaml_of

router = APIRouter(prefix="/api/workflows", tags=["workflows"], responses=FAILURES)
cron = APIRouter(prefix="/api/cron", tags=["cron"], responses=FAILURES)


def line_of(line: Line) -> dict[str, Any]:
    """Return a workflow in a list as it goes out."""
    times = {"updated_at": when(line.updated_at), "activated_at": when(line.activated_at)}
    return {**msgspec.structs.asdict(line), **times}


def saved_of(saved: Saved) -> dict[str, Any]:
    """Return what saving came to as it goes out."""
    return {
        "id": saved.document.workflow.id,
        "is_draft": saved.is_draft,
        "problems": [msgspec.structs.asdict(one) for one in saved.problems],
        "stamp": stamp_of(saved.document),
    }


def text_of(given: WorkflowText, id: str = "") -> str:
    """Return the text of a workflow that was sent as such or as JSON.

    Raises:
        DocumentError: the JSON is nested too deeply.
    """
    if given.document is None:
        return given.text
    plain = {"id": id or given.id, **given.document} if id or given.id else given.document
    try:
        return yaml_of(plain)
    except RecursionError as error:
        msg = "the document is nested too deeply"
        raise DocumentError(msg, [Problem("document.yaml", msg)]) from error


@router.get("", response_model=list[WorkflowLine])
async def list_workflows(parts: TheLab, caller: TheCaller) -> Response:
    """List the workflows of the lab: those it keeps, and the files at its root."""
    found = await parts.documents.all()
    return json_answer([line_of(one) for one in found if caller.may("viewer", one.id)])


@router.post("", response_model=SavedWorkflow, status_code=201)
async def create(parts: TheLab, given: WorkflowText) -> Response:
    """Write a new workflow; one with errors is kept as a draft."""
    saved = await parts.documents.create(text_of(given), given.id)
    place = f"/api/workflows/{saved.document.workflow.id}"
    return json_answer(saved_of(saved), 201, Location=place)


@router.get("/{workflow_id}", response_model=WorkflowDetail)
async def get(parts: TheLab, workflow_id: WorkflowId) -> Response:
    """Return a workflow with its text, as its file is now."""
    line = await parts.documents.line(workflow_id)
    document = await parts.documents.read(workflow_id)
    await parts.workflows.look_around()
    problems = parts.workflows.validate(document)
    return json_answer(
        {
            **line_of(line),
            "text": document.text,
            "document": document.workflow.plain(),
            "problems": [msgspec.structs.asdict(one) for one in problems],
            "stamp": stamp_of(document),
        }
    )


@router.put("/{workflow_id}", response_model=SavedWorkflow)
async def put(
    parts: TheLab,
    workflow_id: WorkflowId,
    given: WorkflowText,
    stamp: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """Write a workflow anew; with `stamp`, only if nobody else changed it since it was read."""
    text = text_of(given, workflow_id)
    saved = await parts.documents.replace(workflow_id, text, stamp=stamp)
    return json_answer(saved_of(saved))


@router.delete("/{workflow_id}", status_code=204)
async def delete(parts: TheLab, workflow_id: WorkflowId) -> Response:
    """Delete a workflow's file and take it out of the catalogue; its history stays."""
    await parts.documents.delete(workflow_id)
    parts.webhooks.forget(workflow_id)
    return Response(status_code=204)


@router.post("/{workflow_id}/validate")
async def validate(
    parts: TheLab, workflow_id: WorkflowId, given: WorkflowText | None = None
) -> Response:
    """Return everything that is wrong with a workflow, as it is or as it is sent."""
    if given is not None and (given.text or given.document is not None):
        document = Document.parse(text_of(given, workflow_id), stem=workflow_id)
    else:
        document = await parts.documents.read(workflow_id)
    await parts.workflows.look_around()
    problems = parts.workflows.validate(document)
    is_valid = all(problem.severity != "error" for problem in problems)
    told = [msgspec.structs.asdict(problem) for problem in problems]
    return json_answer({"is_valid": is_valid, "problems": told})


@router.get("/{workflow_id}/versions")
async def versions(parts: TheLab, workflow_id: WorkflowId) -> Response:
    """List the kept versions, the newest first."""
    await refuse_unkept(parts, workflow_id)
    found = await parts.versions.all(workflow_id)
    return json_answer(
        [
            {
                **msgspec.structs.asdict(view),
                "kept_at": when(view.kept_at),
                "activated_at": when(view.activated_at),
            }
            for view in found
        ]
    )


@router.get("/{workflow_id}/diff")
async def diff(
    parts: TheLab,
    workflow_id: WorkflowId,
    old: Annotated[str, Query(max_length=128)] = "active",
    new: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """Return what is different between two versions; an empty one is the file as it is now."""
    await refuse_unkept(parts, workflow_id)
    before, after = [
        await parts.versions.read(workflow_id, version)
        if version
        else await parts.documents.read(workflow_id)
        for version in (old, new)
    ]
    return json_answer(msgspec.to_builtins(compare_documents(before, after), enc_hook=str))


async def refuse_unkept(parts: Parts, workflow_id: str) -> None:
    """Do nothing where a version of a workflow is kept.

    Raises:
        NotFoundError: there is no such workflow, or it is nothing but a file.
    """
    if await parts.store.catalogue.find_workflow(workflow_id) is None:
        await parts.documents.line(workflow_id)
        msg = f"no version of workflow {workflow_id!r} is kept yet: run, save or activate it"
        raise NotFoundError(msg)


async def _activated(parts: Parts, workflow_id: str) -> dict[str, Any]:
    plan = await parts.workflows.activate(await parts.documents.read(workflow_id))
    parts.webhooks.forget(workflow_id)
    return {"id": workflow_id, "version": plan.digest, "is_active": True}


async def _deactivated(parts: Parts, workflow_id: str) -> dict[str, Any]:
    await refuse_unkept(parts, workflow_id)
    await parts.workflows.deactivate(workflow_id)
    parts.webhooks.forget(workflow_id)
    return {"id": workflow_id, "is_active": False}


@router.post("/{workflow_id}/activate")
async def activate(parts: TheLab, workflow_id: WorkflowId) -> dict[str, Any]:
    """Let the triggers of a workflow start it as its file is now."""
    return await _activated(parts, workflow_id)


@router.post("/{workflow_id}/deactivate")
async def deactivate(parts: TheLab, workflow_id: WorkflowId) -> dict[str, Any]:
    """Stop the triggers of a workflow; what runs goes on."""
    return await _deactivated(parts, workflow_id)


@router.get("/{workflow_id}/stream", response_class=Response)
async def stream(parts: TheLab, request: Request, workflow_id: WorkflowId) -> Response:
    """Send the events of all executions of a workflow as they are acknowledged (server-sent events)."""
    await parts.documents.line(workflow_id)
    return stream_workflow(request, workflow_id)


@cron.get("")
async def schedules(parts: TheLab, caller: TheCaller) -> Response:
    """List when each schedule fires next, the next first."""
    found = await parts.store.schedules.all()
    return json_answer(
        [
            {
                **msgspec.structs.asdict(one),
                "next_at": when(one.next_at),
                "last_at": when(one.last_at),
            }
            for one in found
            if caller.may("viewer", one.workflow_id)
        ]
    )


@cron.get("/deliveries")
async def deliveries(parts: TheLab) -> Response:
    """Tell how QStash got on with each schedule that it carries; none where it carries none."""
    remote = parts.remote_schedules
    found = [] if remote is None else await remote.states(await parts.store.schedules.all())
    return json_answer(
        [
            {
                **msgspec.structs.asdict(one),
                "next_at": when(one.next_at),
                "last_at": when(one.last_at),
            }
            for one in found
        ]
    )


@cron.post("/activate/{workflow_id}")
async def activate_cron(parts: TheLab, workflow_id: WorkflowId) -> dict[str, Any]:
    """Let the schedules of a workflow fire, with its other triggers."""
    return await _activated(parts, workflow_id)


@cron.post("/deactivate/{workflow_id}")
async def deactivate_cron(parts: TheLab, workflow_id: WorkflowId) -> dict[str, Any]:
    """Let the schedules of a workflow rest, with its other triggers."""
    return await _deactivated(parts, workflow_id)
