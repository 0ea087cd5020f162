"""The sessions of a project: made, listed, forgotten."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from flowforge_lab.api.shapes import Shape
from flowforge_lab.api.wire import FAILURES, ProjectId, TheLab, json_answer
from flowforge_lab.lab import session_book
from flowforge_lab.services import MAX_PAGE_SIZE, PAGE_SIZE, SessionView, WantedSessions

router = APIRouter(
    prefix="/api/projects/{project}/sessions", tags=["sessions"], responses=FAILURES
)
SessionId = Annotated[str, Path(min_length=1, max_length=255)]


class NewSession(Shape):
    """A session; an id is made where none is given."""

    id: str = Field(default="", max_length=255, pattern=r"^[^/\\\x00-\x1f]*$")
    title: str = Field(default="", max_length=255)
    user: str = Field(default="", max_length=255)
    chat: str = Field(default="", max_length=255)


class Sought(Shape):
    """Which sessions a list has, and which page of it."""

    user: str = Field(default="", max_length=255)
    chat: str = Field(default="", max_length=255)
    page: int = Field(default=1, ge=1, le=1_000_000)
    size: int = Field(default=PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE)


def _plain(session: SessionView) -> dict[str, Any]:
    return msgspec.structs.asdict(session)


@router.get("")
async def list_sessions(
    parts: TheLab, project: ProjectId, sought: Annotated[Sought, Query()]
) -> Response:
    """List sessions, the last used first: those that were made, and those that executions name."""
    wanted = WantedSessions(project, **sought.model_dump())
    found = await session_book(parts).page(wanted)
    told = {"items": [_plain(one) for one in found.items], "total": found.total}
    pages = -(-found.total // sought.size)
    return json_answer({**told, "page": sought.page, "size": sought.size, "pages": pages})


@router.post("", status_code=201)
async def create(parts: TheLab, project: ProjectId, given: NewSession | None = None) -> Response:
    """Make a session; executions belong to it that are started with `session` its id."""
    made = await session_book(parts).create(project, **(given or NewSession()).model_dump())
    return json_answer(_plain(made), 201)


@router.get("/{session}")
async def get(parts: TheLab, project: ProjectId, session: SessionId) -> Response:
    """Return one session; `/executions?session=` lists what belongs to it."""
    return json_answer(_plain(await session_book(parts).get(project, session)))


@router.delete("/{session}", status_code=204)
async def remove(parts: TheLab, project: ProjectId, session: SessionId) -> Response:
    """Forget that a session was made; its executions stay, and name it still."""
    await session_book(parts).remove(project, session)
    return Response(status_code=204)
