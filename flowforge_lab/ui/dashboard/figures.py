"""The figures behind the metrics, asked of the history in one go each."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from .page import Desk

_WHERE = "started_at >= $since{of}"
_OF = " and workflow_id = $workflow_id"
_OVER_TIME = """select time_bucket(to_seconds($step), started_at) as begins_at,
  count(*) filter (status = 'succeeded') as succeeded, count(*) filter (status = 'failed') as failed,
  count(*) filter (status = 'cancelled') as cancelled,
  quantile_cont(duration, 0.5) as p50, quantile_cont(duration, 0.95) as p95
  from executions where {where} group by 1 order by 1"""
_TOTALS = """select count(*) as total, count(*) filter (status = 'succeeded') as succeeded,
  count(*) filter (status = 'failed') as failed, coalesce(sum(retries), 0)::bigint as retries,
  quantile_cont(duration, 0.5) as p50, quantile_cont(duration, 0.95) as p95
  from executions where {where}"""
_IN_PROGRESS = """with moves as (
  select time_bucket(to_seconds($step), started_at) as begins_at, 1 as move from executions where {where}
  union all select time_bucket(to_seconds($step), finished_at), -1 from executions
  where finished_at >= $since{of}
  union all select time_bucket(to_seconds($step), $since::timestamptz), 0),
before as (select count(*) as open from executions
  where started_at < $since and (finished_at is null or finished_at >= $since){of})
select begins_at, (select open from before) + sum(sum(move)) over (order by begins_at) as open
  from moves group by begins_at order by begins_at"""
_SLOWEST = """select workflow_id, node, any_value(kind) as kind, count(*) as visits,
  quantile_cont(duration, 0.5) as p50, quantile_cont(duration, 0.95) as p95,
  count(*) filter (status = 'failed') as failed, sum(greatest(attempts - 1, 0))::bigint as retries
  from steps where {where} and duration is not null and {waits}
  group by 1, 2 order by p95 desc limit 10"""
_WAITS = "(kind like 'flow.wait%' or kind like 'flow.delay%' or kind like 'flow.call%')"
SPANS = (
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
)
_STEPS = {
    "1h": (timedelta(hours=1), 60),
    "24h": (timedelta(days=1), 1800),
    "7d": (timedelta(days=7), 4 * 3600),
    "30d": (timedelta(days=30), 86_400),
}


class Figures(msgspec.Struct, frozen=True):
    """All that the metrics page shows; `step` is the width of a bar in seconds."""

    since: datetime
    until: datetime
    step: int
    totals: dict[str, Any]
    over_time: list[dict[str, Any]]
    in_progress: list[dict[str, Any]]
    slowest: list[dict[str, Any]]
    waits: list[dict[str, Any]]


async def ask_figures(desk: Desk, span: str, workflow_id: str) -> Figures:
    """Return the figures of a span of time, of one workflow or of all."""
    length, step = _STEPS.get(span, _STEPS["24h"])
    now = desk.parts.clock.now()
    since = now - length
    of = _OF if workflow_id else ""
    params: dict[str, Any] = {"since": since} | (
        {"workflow_id": workflow_id} if workflow_id else {}
    )
    timed = params | {"step": step}
    where = _WHERE.format(of=of)
    [totals] = await desk.rows(_TOTALS.format(where=where), **params)
    return Figures(
        since,
        now,
        step,
        totals,
        await desk.rows(_OVER_TIME.format(where=where), **timed),
        await desk.rows(_IN_PROGRESS.format(where=where, of=of), **timed),
        await desk.rows(_SLOWEST.format(where=where, waits=f"not {_WAITS}"), **params),
        await desk.rows(_SLOWEST.format(where=where, waits=_WAITS), **params),
    )
