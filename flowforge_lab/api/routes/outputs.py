"""What one node gave over many executions, and the values that lie beside a journal."""

import asyncio
import json
import re
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from flowforge_lab.analysis import Visited, blobs_in, select_outputs
from flowforge_lab.api.asked import JSON_ROWS, MAX_ROWS, Form, Past, refuse_condition
from flowforge_lab.api.wire import FAILURES, ExecutionId, TheCaller, TheLab, json_answer
from flowforge_lab.errors import NotFoundError
from flowforge_lab.values import Frame

from .executions import head_of
from .history import ROWS, arrow_answer, limits_of, without_keys

router = APIRouter(tags=["history"], responses=FAILURES)
NodeName = Annotated[str, Path(min_length=1, max_length=128)]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_PARQUET = b"PAR1"
_TABLE = "application/vnd.apache.parquet"
_KEY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.)[A-Za-z0-9_-]{24}")
_STARS = r"\1" + "*" * 24


_VALUES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, _TABLE: {}}, "description": "The value."}
}


class Outputs(Past):
    """Which visits of a node; `where` is over the columns of `steps`, `limit` keeps the newest."""

    workflow_id: str = Field(default="", max_length=128)
    limit: int | None = Field(default=None, ge=0, le=MAX_ROWS)
    format: Form = "json"

    def visited(self, node: str) -> Visited:
        """Return them as the history takes them; without a limit JSON gets the newest hundred."""
        limit = JSON_ROWS if self.limit is None and self.format == "json" else self.limit
        return Visited(node, self.workflow_id, self.since, self.where, limit)


@router.get("/api/history/nodes/{node}/outputs", response_class=Response, responses=ROWS)
async def outputs(
    parts: TheLab, caller: TheCaller, node: NodeName, asked: Annotated[Outputs, Query()]
) -> Response:
    """Return what each visit of a node gave, the oldest first, in the workflows that the caller may see.

    `outputs` are in the journal's form: `{"$datetime": ...}` where JSON has no word, and `{"$blob": ...}` or
    `{"$frame": ...}` with the digest of what lies beside, at `/api/executions/{id}/values/{digest}`.
    """
    refuse_condition(caller, asked.where)
    query = select_outputs(asked.visited(node), among=caller.workflows)
    sql = without_keys(query.sql, () if caller.may("operator") else ("outputs",))
    limits = limits_of(parts)
    if asked.format == "arrow":
        return await arrow_answer(parts, sql, query.params, limits=limits)
    rows = await parts.store.enclosed.query(sql, query.params, limits=limits)
    return json_answer([{**row, "outputs": json.loads(row["outputs"])} for row in rows])


@router.get(
    "/api/executions/{execution_id}/values/{digest}", response_class=Response, responses=_VALUES
)
async def value(
    parts: TheLab, caller: TheCaller, execution_id: ExecutionId, digest: Digest
) -> Response:
    """Return a value that lies beside the journal of an execution: a table as Parquet, else JSON."""
    head = await head_of(parts, execution_id)
    entries = await parts.executions.entries(head.id)
    if digest not in await asyncio.to_thread(blobs_in, entries):
        msg = f"execution {head.id!r} has no value {digest!r}"
        raise NotFoundError(msg)
    content = await asyncio.to_thread(parts.store.blobs.get, digest)
    if not caller.may("operator", head.workflow_id):
        content = await asyncio.to_thread(_blackened, content)
    kind = _TABLE if _is_table(content) else "application/json"
    return Response(content, media_type=kind, headers={"X-Content-Type-Options": "nosniff"})


def _is_table(content: bytes) -> bool:
    return content.startswith(_PARQUET)


def _blackened(content: bytes) -> bytes:
    """Return a value for whoever may answer no wait: what answers one is not shown in it."""
    if not _is_table(content):
        return _KEY.sub(_STARS, content.decode()).encode()
    table = Frame(row_count=0, columns={}, load=lambda: content)
    changed = table.replaced([b"."], _without_keys)
    return content if changed is table else changed.to_parquet()


def _without_keys(value: Any) -> Any:
    if isinstance(value, str):
        return _KEY.sub(_STARS, value)
    if isinstance(value, list):
        return [_without_keys(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_keys(item) for name, item in value.items()}
    return value
