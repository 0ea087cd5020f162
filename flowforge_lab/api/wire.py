"""What the endpoints share: the lab they are of, JSON as it goes out, times."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Request
from starlette.responses import Response

from flowforge_lab.errors import AccessError
from flowforge_lab.events import Entry
from flowforge_lab.lab import Parts
from flowforge_lab.services import StepView, to_json

from .access import Caller, caller_of
from .shapes import Problem

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$"


def _parts(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found


def _caller(request: Request) -> Caller:
    return caller_of(request.scope)


TheLab = Annotated[Parts, Depends(_parts)]
TheCaller = Annotated[Caller, Depends(_caller)]
WorkflowId = Annotated[str, Path(pattern=ID_PATTERN, max_length=128)]
ExecutionId = Annotated[str, Path(pattern=ID_PATTERN, max_length=128)]
ProjectId = Annotated[str, Path(pattern=ID_PATTERN, max_length=64)]
FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}}
    for status in (400, 401, 403, 404, 409, 413, 422, 503)
}


def json_answer(value: Any, status: int = 200, **headers: str) -> Response:
    """Return a value of any kind as a JSON answer."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(to_json(value), status, headers=named, media_type="application/json")


def refuse_others(caller: Caller, workflow_id: str) -> None:
    """Do nothing where the caller may run a workflow.

    Raises:
        AccessError: they may not.
    """
    if not caller.may("operator", workflow_id):
        msg = f"{caller.name!r} may not run {workflow_id!r}: that takes the role operator in it"
        raise AccessError(msg)


def when(at: int | None) -> datetime | None:
    """Return microseconds since 1970 as a time."""
    return None if at is None else datetime.fromtimestamp(at / 1e6, UTC)


def event_of(entry: Entry) -> dict[str, Any]:
    """Return a journal entry as it goes out."""
    return {
        "execution_id": entry.execution_id,
        "seq": entry.seq,
        "at": when(entry.at),
        "event": msgspec.to_builtins(entry.event),
    }


def step_of(view: StepView) -> dict[str, Any]:
    """Return a visit as it goes out."""
    return {**msgspec.structs.asdict(view), "started_at": when(view.started_at)}
