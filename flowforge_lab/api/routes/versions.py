"""What one workflow has beside its document: versions, pins, single nodes, debuggers."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from flowforge_lab.api.shapes import Begun, Shape
from flowforge_lab.api.wire import FAILURES, TheLab, WorkflowId, json_answer, when
from flowforge_lab.engine import Start
from flowforge_lab.services import Given, Pinned, VersionView

from .workflows import refuse_unkept

router = APIRouter(prefix="/api/workflows/{workflow_id}", responses=FAILURES)
VersionName = Annotated[str, Path(max_length=128)]
NodeId = Annotated[str, Path(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
LabelName = Annotated[str, Path(max_length=64)]


class Wanted(Shape):
    """A version, by a label, `active`, `latest`, or the start of its digest."""

    version: str = Field(default="", max_length=128)


class Moved(Shape):
    """Which version executions shall run; with `is_trial` nothing is moved."""

    to: str = Field(default="active", max_length=128)
    is_trial: bool = False


class Pin(Shape):
    """Outputs that stand for those of a node: these, or what it gave in an execution."""

    outputs: dict[str, Any] | None = None
    port: str = Field(default="", max_length=64)
    execution_id: str = Field(default="", max_length=128)


class Alone(Shape):
    """What a node is given that runs alone; what is not said is as it was the last time it ran."""

    input: Any = None
    nodes: dict[str, Any] = Field(default_factory=dict)
    item: Any = None
    index: int = Field(default=0, ge=0, le=2**31)
    inputs: dict[str, Any] = Field(default_factory=dict)
    payload: Any = None
    variables: dict[str, Any] = Field(default_factory=dict)


class Watched(Shape):
    """What starts an execution under a debugger; breakpoints are conditions by node, empty for always.

    Without breakpoints it stops right behind the trigger.
    """

    inputs: dict[str, Any] = Field(default_factory=dict)
    breakpoints: dict[str, str] | None = None
    trigger: str = Field(default="", max_length=128)
    payload: Any = None
    user: str = Field(default="", max_length=255)
    session: str = Field(default="", max_length=255)
    chat: str = Field(default="", max_length=255)
    pins: dict[str, Any] = Field(default_factory=dict)


# -- versions


def version_of(view: VersionView) -> dict[str, Any]:
    """Return a version as it goes out."""
    times = {"kept_at": when(view.kept_at), "activated_at": when(view.activated_at)}
    return {**msgspec.structs.asdict(view), **times}


@router.get("/versions/{version}", tags=["versions"])
async def get_version(parts: TheLab, workflow_id: WorkflowId, version: VersionName) -> Response:
    """Return the document of a kept version."""
    await refuse_unkept(parts, workflow_id)
    document = await parts.versions.read(workflow_id, version)
    return json_answer({"text": document.text, "document": document.workflow.plain()})


@router.post("/rollback", tags=["versions"])
async def rollback(
    parts: TheLab, workflow_id: WorkflowId, wanted: Wanted | None = None
) -> Response:
    """Activate an earlier version, by default the one that was active before."""
    await refuse_unkept(parts, workflow_id)
    view = await parts.versions.rollback(workflow_id, wanted.version if wanted else "")
    parts.webhooks.forget(workflow_id)
    return json_answer(version_of(view))


@router.put("/labels/{label}", tags=["versions"])
async def label(
    parts: TheLab, workflow_id: WorkflowId, label: LabelName, wanted: Wanted
) -> Response:
    """Give a version a name; it is taken from another one that has it."""
    await refuse_unkept(parts, workflow_id)
    return json_answer(version_of(await parts.versions.label(workflow_id, wanted.version, label)))


@router.delete("/labels/{label}", tags=["versions"], status_code=204)
async def unlabel(parts: TheLab, workflow_id: WorkflowId, label: LabelName) -> Response:
    """Take a name away from the version that has it."""
    await refuse_unkept(parts, workflow_id)
    await parts.versions.unlabel(workflow_id, label)
    return Response(status_code=204)


@router.post("/migrate", tags=["versions"])
async def migrate_all(parts: TheLab, workflow_id: WorkflowId, moved: Moved) -> Response:
    """Move every execution that waits, is paused or queued in another version to one."""
    await refuse_unkept(parts, workflow_id)
    found = await parts.migrations.all(workflow_id, moved.to, is_trial=moved.is_trial)
    return json_answer([msgspec.structs.asdict(one) for one in found])


# -- pins


def _pin(pinned: Pinned) -> dict[str, Any]:
    return {**msgspec.structs.asdict(pinned), "at": when(pinned.at)}


@router.get("/pins", tags=["pins"])
async def list_pins(parts: TheLab, workflow_id: WorkflowId) -> Response:
    """List the pinned outputs, by node."""
    document = await parts.documents.read(workflow_id)
    return json_answer([_pin(one) for one in await parts.pins.all(document)])


@router.put("/pins/{node}", tags=["pins"])
async def set_pin(parts: TheLab, workflow_id: WorkflowId, node: NodeId, pin: Pin) -> Response:
    """Pin outputs to a node: those that are sent, or with `execution_id` what it gave there."""
    document = await parts.documents.read(workflow_id)
    if pin.outputs is None:
        head = await parts.executions.get(pin.execution_id)
        if head.workflow_id != workflow_id:
            msg = f"execution {pin.execution_id!r} is none of workflow {workflow_id!r}"
            raise ValueError(msg)
        return json_answer(_pin(await parts.pins.take(document, node, head.id)))
    return json_answer(_pin(await parts.pins.set(document, node, pin.outputs, port=pin.port)))


@router.delete("/pins", tags=["pins"])
async def clear_pins(
    parts: TheLab, workflow_id: WorkflowId, node: Annotated[str, Query(max_length=128)] = ""
) -> Response:
    """Take the pin of a node away, or all, and tell which nodes had one."""
    document = await parts.documents.read(workflow_id)
    return json_answer({"nodes": await parts.pins.clear(document, node)})


# -- one node, one execution under a debugger


@router.post(
    "/nodes/{node}/run",
    tags=["debugging"],
    response_model=Begun,
    response_model_exclude_unset=True,
    status_code=201,
)
async def run_node(
    parts: TheLab, workflow_id: WorkflowId, node: NodeId, alone: Alone | None = None
) -> Response:
    """Start an execution of one node; its result are the outputs of the node."""
    told = alone.model_dump(include=alone.model_fields_set) if alone is not None else {}
    document = await parts.documents.read(workflow_id)
    id = await parts.operations.single.start(document, node, Given(**told))
    return _begun(id)


@router.post(
    "/debug",
    tags=["debugging"],
    response_model=Begun,
    response_model_exclude_unset=True,
    status_code=201,
)
async def debug(
    parts: TheLab, workflow_id: WorkflowId, watched: Watched | None = None
) -> Response:
    """Start an execution that stops at breakpoints."""
    given = (watched or Watched()).model_dump()
    breakpoints = given.pop("breakpoints")
    document = await parts.documents.read(workflow_id)
    id = await parts.operations.debugging.start(document, Start(**given), breakpoints)
    return _begun(id)


def _begun(id: str, status: Literal["running"] = "running") -> Response:
    place = f"/api/executions/{id}"
    return json_answer({"execution_id": id, "status": status}, 201, Location=place)
