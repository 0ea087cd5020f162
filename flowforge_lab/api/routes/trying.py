"""Past executions tried again: recorded as a test, or all of them in a workflow as it is now."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from flowforge_lab.analysis import Backtest, find_past
from flowforge_lab.api.asked import Past, refuse_condition
from flowforge_lab.api.progress import Progress, event, told
from flowforge_lab.api.shapes import Shape
from flowforge_lab.api.streaming import EventStream
from flowforge_lab.api.wire import FAILURES, ExecutionId, TheCaller, TheLab, WorkflowId
from flowforge_lab.lab import backtests_of, recordings_of

from .executions import head_of
from .history import limits_of

_AT_ONCE = 50
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "How it gets on, and its end."}
}
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


class Trial(Past):
    """Which executions are tried again, the newest `limit`; of nodes in `ignore` outputs are not compared."""

    limit: int | None = Field(default=None, ge=1, le=1_000_000)
    ignore: list[Annotated[str, Field(max_length=128)]] = Field(
        default_factory=list, max_length=1000
    )


@router.post(
    "/api/workflows/{workflow_id}/backtest",
    tags=["history"],
    response_class=Response,
    responses=_EVENTS,
)
async def backtest(
    parts: TheLab,
    caller: TheCaller,
    request: Request,
    workflow_id: WorkflowId,
    trial: Trial | None = None,
) -> Response:
    """Run past executions again in a workflow as it is now, and tell what would be different.

    Nothing outside is touched, and nothing is kept. The answer is a stream of server-sent events: `progress`
    (`done` of `total`) while it runs, then `cases`, some at a time and the newest first, then `end`; or
    `error` with a problem. Whoever leaves the stream ends the backtest.
    """
    asked = trial or Trial()
    refuse_condition(caller, asked.where)
    backtests = backtests_of(parts)
    plan = await backtests.plan(await parts.documents.read(workflow_id))
    past = await parts.store.enclosed.work(
        lambda questions: find_past(
            questions, workflow_id, since=asked.since, where=asked.where, limit=asked.limit
        ),
        limits=limits_of(parts),
    )
    progress = Progress(len(past))
    state = request.app.state

    async def run() -> Backtest:
        async with state.trials:
            return await backtests.try_again(
                plan, past, ignore=asked.ignore, on_progress=progress.tell
            )

    def is_wanted() -> bool:
        now = state.access.renew(caller)
        is_ending = getattr(state, "is_ending", False)
        return now is not None and now.may("operator", workflow_id) and not is_ending

    going = told(run, progress, clock=parts.clock, is_wanted=is_wanted, tell=_found)
    return EventStream(going, is_wanted)


def _found(backtest: Backtest) -> Iterator[bytes]:
    """Yield what a backtest found, as events of a stream."""
    cases = backtest.cases
    for begin in range(0, len(cases), _AT_ONCE):
        yield event("cases", msgspec.json.encode(cases[begin : begin + _AT_ONCE]))
    sums = {
        "workflow_id": backtest.workflow_id,
        "version": backtest.version,
        "executions": len(cases),
        "same": backtest.same,
        "changed": backtest.changed,
        "seconds": backtest.seconds,
        "recorded_seconds": backtest.recorded_seconds,
    }
    yield event("end", msgspec.json.encode(sums))
