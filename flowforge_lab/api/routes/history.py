"""The history: its tables as frames, and any question in SQL that only reads."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response, StreamingResponse

from flowforge_lab.analysis import Selection, TableName, select
from flowforge_lab.api.asked import ARROW, JSON_ROWS, Form, Since
from flowforge_lab.api.shapes import Shape
from flowforge_lab.api.wire import FAILURES, TheCaller, TheLab, json_answer
from flowforge_lab.lab import Parts
from flowforge_lab.store import QueryLimits
from flowforge_lab.values import decode

router = APIRouter(prefix="/api/history", tags=["history"], responses=FAILURES)
_CHUNK_BYTES = 262_144
_KEY = "([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.)[A-Za-z0-9_-]{24}"
_TOLD = {
    "executions": ("result", "error"),
    "steps": ("outputs", "error"),
    "attempts": ("error",),
    "events": ("payload",),
    "logs": ("message",),
    "dead_letters": ("error_title",),
}
"""The columns of each table in which a step may have told its address to whoever answers a wait."""
ROWS: dict[int | str, dict[str, Any]] = {
    200: {"content": {ARROW: {}, "application/json": {}}, "description": "The rows."}
}


class Question(Shape):
    """A query of DuckDB over the tables of the history; values of `$name` stand in `params`.

    What JSON has no word for is written as in the journal: `{"$datetime": "2026-01-01T00:00:00+00:00"}`.
    """

    sql: str = Field(min_length=1, max_length=100_000)
    params: dict[str, Any] = Field(default_factory=dict, max_length=100)
    format: Form = Field(default="json", description="`arrow` is Arrow's stream format.")
    seconds: float | None = Field(
        default=None, gt=0, description="At most what the server allows."
    )


class Rows(Shape):
    """Which rows of a table: those with these values; the columns differ by table."""

    execution_id: str | None = Field(default=None, max_length=128)
    workflow_id: str | None = Field(default=None, max_length=128)
    node: str | None = Field(default=None, max_length=128)
    status: str | None = Field(default=None, max_length=32)
    type: str | None = Field(default=None, max_length=64)
    error: str | None = Field(
        default=None, max_length=128, description="The type of an error; may be a glob: `http.*`."
    )
    grain: Literal["hour", "day"] | None = None
    since: Since = None
    limit: int | None = Field(default=None, ge=0, le=100_000_000)
    format: Form = "json"

    def selection(self) -> Selection:
        """Return them as the history takes them; without a limit JSON gets the first hundred."""
        given = self.model_dump(exclude={"since", "limit", "format"}, exclude_none=True)
        limit = JSON_ROWS if self.limit is None and self.format == "json" else self.limit
        return Selection(given, self.since, limit)


def limits_of(parts: Parts, seconds: float | None = None) -> QueryLimits:
    """Return how much a question may take, `seconds` at most."""
    settings = parts.settings
    most = settings.query_seconds
    return QueryLimits(most if seconds is None else min(seconds, most), settings.query_rows)


@router.post("/query", response_class=Response, responses=ROWS)
async def ask(parts: TheLab, question: Question) -> Response:
    """Return the rows of one query that reads: it opens no file, changes nothing, and ends in time."""
    params = {name: decode(value) for name, value in question.params.items()}
    limits = limits_of(parts, question.seconds)
    return await _answer(parts, question.sql, params, form=question.format, limits=limits)


@router.get("/export", response_class=FileResponse)
async def export(parts: TheLab) -> Response:
    """Return the whole history as one DuckDB file that needs nothing else."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="flowforge-export-")
    target = Path(folder.name) / "history.duckdb"
    try:
        await asyncio.to_thread(parts.store.publisher.export, target)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(target, filename=target.name, background=BackgroundTask(folder.cleanup))


@router.get("/{table}", response_class=Response, responses=ROWS)
async def rows(
    parts: TheLab, caller: TheCaller, table: TableName, asked: Annotated[Rows, Query()]
) -> Response:
    """Return rows of a table, the newest first: of the workflows that the caller may see."""
    query = select(table, asked.selection(), among=caller.workflows)
    told = () if caller.may("operator") else _TOLD.get(table, ())
    sql = without_keys(query.sql, told)
    return await _answer(parts, sql, query.params, form=asked.format, limits=limits_of(parts))


def without_keys(sql: str, told: Sequence[str]) -> str:
    """Return a query for whoever may answer no wait: what answers one is not shown in the columns `told`."""
    if not told:
        return sql
    stars = "*" * 24
    hidden = ", ".join(
        f"regexp_replace({name}::varchar, '{_KEY}', '\\1{stars}', 'g') as {name}" for name in told
    )
    return f"select * replace ({hidden}) from ({sql})"  # noqa: S608  # a query and names of ours


async def _answer(
    parts: Parts, sql: str, params: Mapping[str, Any], *, form: Form, limits: QueryLimits
) -> Response:
    if form == "json":
        return json_answer(await parts.store.enclosed.query(sql, params, limits=limits))
    return await arrow_answer(parts, sql, params, limits=limits)


async def arrow_answer(
    parts: Parts, sql: str, params: Mapping[str, Any], *, limits: QueryLimits
) -> Response:
    """Return the rows of a query in Arrow's stream format, whole before the first byte leaves."""
    file = await parts.store.enclosed.arrow(sql, params, limits=limits)
    return StreamingResponse(
        _chunks(file), media_type=ARROW, background=BackgroundTask(file.close)
    )


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
