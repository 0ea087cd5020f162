"""Past executions tried again: recorded as a test, or all of them in a workflow as it is now."""

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from flowforge_lab.api.shapes import Shape
from flowforge_lab.api.wire import FAILURES, ExecutionId, TheLab
from flowforge_lab.lab import recordings_of

from .executions import head_of

router = APIRouter(responses=FAILURES)


class Ignored(Shape):
    """Nodes whose outputs and requests are not compared."""

    ignore: list[str] = Field(default_factory=list, max_length=1000)


class Take(BaseModel):
    """A recording, as `flowforge record` writes it, and what its rehearsal came to.

    `file` is where its workflow stands in the folder of the lab.
    """

    file: str
    recording: dict[str, object]
    way: list[str]
    status: str


@router.post("/api/executions/{execution_id}/record", tags=["history"], response_model=Take)
async def record(
    parts: TheLab, execution_id: ExecutionId, ignored: Ignored | None = None
) -> Response:
    """Return an execution as the recording of a test; nothing is written, and nothing outside is touched.

    It is tried twice: what is different between the two varies by itself, and is not compared. What the
    execution worked on is in it, secrets excepted.
    """
    head = await head_of(parts, execution_id)
    ignore = ignored.ignore if ignored else ()
    take = await recordings_of(parts).take(head.id, ignore=ignore)
    return Response(msgspec.json.encode(take), media_type="application/json")
