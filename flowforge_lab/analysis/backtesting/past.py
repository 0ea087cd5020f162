"""Executions that are over, found with SQL and read whole, many at a time."""

from collections.abc import Generator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from flowforge_lab.analysis.asking import Asks
from flowforge_lab.events import Entry, ExecutionSeeded, ExecutionState, Row, fold, from_row

_AT_ONCE = 200
_EVENTS = """select execution_id, seq, event_id, epoch_us(happened_at), type, workflow_id, node, kind,
  visit, attempt, status, 0 as began, 0.0 as took, payload
  from events where execution_id in (select unnest($ids)) order by execution_id, seq"""


class PastExecution(msgspec.Struct, frozen=True):
    """What the history says of an execution that is over; `duration` in seconds."""

    execution_id: str
    version: str
    status: str
    started_at: datetime
    duration: float


class Recorded(msgspec.Struct, frozen=True):
    """An execution as its journal tells it; `seeded` is what it took over from another one."""

    state: ExecutionState
    seeded: ExecutionSeeded | None = None


def find_past(
    history: Asks,
    workflow_id: str,
    *,
    since: datetime | None = None,
    where: str = "",
    limit: int | None = None,
) -> list[PastExecution]:
    """Return the executions of a workflow that came to an end of their own, the newest first.

    `where` is a condition in SQL over the columns of `executions`.

    Raises:
        QueryError: DuckDB refused the condition.
    """
    conditions = ["workflow_id = $workflow", "status in ('succeeded', 'failed')"]
    params: dict[str, Any] = {"workflow": workflow_id}
    if since is not None:
        conditions.append("started_at >= $since")
        params["since"] = since
    if where:
        conditions.append(f"({where}\n)")
    most = "" if limit is None else f" limit {int(limit)}"
    query = f"""select execution_id, version, status, started_at, duration from executions
      where {" and ".join(conditions)} order by started_at desc, execution_id{most}"""  # noqa: S608  # the asker's own condition, in the asker's own lab
    return [PastExecution(**row) for row in history.rows(query, params)]


def read_past(history: Asks, ids: Sequence[str]) -> Generator[Recorded]:
    """Yield executions whole, some at a time and in no order; one without a journal is left out."""
    for begin in range(0, len(ids), _AT_ONCE):
        rows = history.rows(_EVENTS, {"ids": list(ids[begin : begin + _AT_ONCE])})
        entries = (from_row(Row(*row.values())) for row in rows)
        for _, of_one in groupby(entries, key=lambda entry: entry.execution_id):
            yield recorded_by(list(of_one))


def recorded_by(entries: Sequence[Entry]) -> Recorded:
    """Return the execution that a journal tells of."""
    events = (entry.event for entry in entries)
    seeded = next((event for event in events if isinstance(event, ExecutionSeeded)), None)
    return Recorded(fold(entries), seeded)
