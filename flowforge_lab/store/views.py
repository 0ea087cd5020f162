"""The shape of the history: what each table is made of, in DuckDB's SQL.

A sealed segment is one Parquet file for each of `FILES`; what is not sealed yet stands in the tables
of `RECENT`. Each view is both of them together.
"""

from collections.abc import Sequence
from pathlib import Path

FILES = ("events", "steps", "attempts", "executions")
VIEWS = (
    "events",
    "steps",
    "attempts",
    "executions",
    "logs",
    "dead_letters",
    "workflow_metrics",
    "node_metrics",
)

# no index anywhere: DuckDB's fail on rows that are inserted and deleted in one transaction
RECENT = """
create table recent_events(
  id bigint, execution_id varchar, seq integer, event_id varchar, happened_at timestamptz, type varchar,
  workflow_id varchar, node varchar, kind varchar, visit integer, attempt integer, status varchar,
  started_at timestamptz, duration double, payload json);
create table live_executions(
  id varchar, workflow_id varchar, version varchar, trigger varchar,
  started_at timestamptz, "user" varchar, session varchar, chat varchar, status varchar,
  wake_at timestamptz, parent varchar, origin varchar);
create table open_visits(
  execution_id varchar, workflow_id varchar, visit integer, node varchar, kind varchar,
  started_at timestamptz);
create table dead_letter_marks(
  execution_id varchar, status varchar, retried_as varchar, dismissed_by varchar, reason varchar);
"""

_ENDS = "('visit.succeeded', 'visit.failed', 'visit.cancelled')"
_STEPS = f"""select execution_id, workflow_id, visit, node, kind, status, started_at,
  happened_at as finished_at, duration, attempt as attempts,
  coalesce((payload->>'$.output_bytes')::bigint, 0) as output_bytes,
  coalesce((payload->>'$.is_pinned')::boolean, false) as pinned,
  payload->>'$.port' as port, payload->'$.outputs' as outputs, payload->'$.error' as error
  from {{source}} where type in {_ENDS}"""
_ATTEMPTS = f"""select e.execution_id, e.workflow_id, e.visit, e.node, greatest(e.attempt, 1) as attempt,
  e.status, case when e.attempt > 1 and e.type <> 'attempt.failed' then b.happened_at
  else e.started_at end as started_at, e.happened_at as finished_at,
  case when e.type = 'attempt.failed' then e.duration
  else epoch(e.happened_at - case when e.attempt > 1 then b.happened_at else e.started_at end)
  end as duration,
  e.payload->'$.error' as error
  from {{source}} e left join {{source}} b on b.type = 'attempt.started'
  and b.execution_id = e.execution_id and b.visit = e.visit and b.attempt = e.attempt
  where e.type = 'attempt.failed' or e.type in {_ENDS}"""
_EXECUTIONS = """select execution_id, workflow_id, payload->>'$.digest' as version,
  payload->>'$.trigger' as trigger, status, started_at, happened_at as finished_at, duration,
  coalesce(payload->>'$.user', '') as "user", coalesce(payload->>'$.session', '') as session,
  coalesce(payload->>'$.chat', '') as chat, payload->'$.error' as error,
  payload->'$.result' as result, coalesce((payload->>'$.visits')::integer, 0) as visits,
  coalesce((payload->>'$.retries')::integer, 0) as retries,
  coalesce((payload->>'$.handled_errors')::integer, 0) as handled_errors,
  coalesce(payload->>'$.parent', '') as parent, coalesce(payload->>'$.origin', '') as origin
  from {source} where type = 'execution.finished'"""
_EVENTS = "select * from {source}"
_SELECTS = {"events": _EVENTS, "steps": _STEPS, "attempts": _ATTEMPTS, "executions": _EXECUTIONS}

_LIVE = {
    "executions": """select id as execution_id, workflow_id, version, trigger, status, started_at,
      null::timestamptz as finished_at, null::double as duration, "user", session, chat,
      null::json as error, null::json as result, 0 as visits, 0 as retries, 0 as handled_errors,
      parent, origin from live_executions""",
    "steps": """select o.execution_id, o.workflow_id, o.visit, o.node, o.kind,
      case when l.status in ('waiting', 'paused') then 'waiting' else 'running' end as status,
      o.started_at,
      null::timestamptz as finished_at, null::double as duration, 0 as attempts,
      0::bigint as output_bytes, false as pinned, null::varchar as port, null::json as outputs,
      null::json as error
      from open_visits o join live_executions l on l.id = o.execution_id""",
}
# segments of the first format know no kin
_KINLESS = """select * replace (coalesce(parent, '') as parent, coalesce(origin, '') as origin)
  from ({query})"""
_LOGS = """select execution_id, workflow_id, happened_at, node, visit,
  (payload->>'$.attempt')::integer as attempt,
  coalesce(payload->>'$.level', 'info') as level, payload->>'$.message' as message,
  coalesce(payload->>'$.source', 'node') as source from events where type = 'step.logged'"""
_DEAD_LETTERS = """select e.execution_id, e.workflow_id, e.finished_at as failed_at, e.error,
  coalesce(m.status, 'open') as status, coalesce(m.retried_as, '') as retried_as,
  coalesce(m.dismissed_by, '') as dismissed_by, coalesce(m.reason, '') as reason
  from executions e left join dead_letter_marks m using (execution_id) where e.status = 'failed'"""
_COUNTS = """count(*) filter (status = 'succeeded') as succeeded,
  count(*) filter (status = 'failed') as failed,
  count(*) filter (status = 'cancelled') as cancelled,
  avg(duration) as avg_duration, quantile_cont(duration, 0.5) as p50_duration,
  quantile_cont(duration, 0.95) as p95_duration"""
# buckets by plain arithmetic: date_trunc of a TIMESTAMPTZ asks a calendar and is ten times slower
_WORKFLOW_METRICS = f"""select workflow_id, '{{grain}}' as grain,
  make_timestamptz(epoch_us(started_at) // {{length}} * {{length}}) as bucket,
  count(*) as executions, {_COUNTS},
  sum(retries)::bigint as retries
  from executions where finished_at is not null group by 1, 2, 3"""
_NODE_METRICS = f"""select workflow_id, node, any_value(kind) as kind, '{{grain}}' as grain,
  make_timestamptz(epoch_us(started_at) // {{length}} * {{length}}) as bucket, count(*) as visits, {_COUNTS},
  sum(greatest(attempts - 1, 0))::bigint as retries
  from steps where finished_at is not null group by 1, 2, 4, 5"""


def select_sealed(name: str, source: str) -> str:
    """Return the query that makes the segment file `name` of a relation of events."""
    return _SELECTS[name].format(source=source)


def define_views(segments: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the query of each view, in an order in which they can be created.

    `names` are the sealed segments in the folder `segments`.
    """
    views = {name: _define(name, segments, names) for name in FILES}
    views["logs"] = _LOGS
    views["dead_letters"] = _DEAD_LETTERS
    views["workflow_metrics"] = _by_grain(_WORKFLOW_METRICS)
    views["node_metrics"] = _by_grain(_NODE_METRICS)
    return views


def literal(text: str) -> str:
    """Return `text` as a string in SQL."""
    return "'" + text.replace("'", "''") + "'"


def files_of(name: str, segments: Path, names: Sequence[str]) -> str:
    """Return the relation of all Parquet files of one kind."""
    paths = ", ".join(literal(str(segments / f"{name}-{part}.parquet")) for part in names)
    return f"read_parquet([{paths}], union_by_name = true)"


def _define(name: str, segments: Path, names: Sequence[str]) -> str:
    parts = [select_sealed(name, "recent_events")]
    if name in _LIVE:
        parts.append(_LIVE[name])
    if names:
        parts.insert(0, f"select * from {files_of(name, segments, names)}")
    query = " union all by name ".join(parts)
    return _KINLESS.format(query=query) if name == "executions" else query


def _by_grain(query: str) -> str:
    lengths = {"hour": 3_600_000_000, "day": 86_400_000_000}
    parts = (query.format(grain=grain, length=length) for grain, length in lengths.items())
    return " union all ".join(parts)
