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
    "custom_metrics",
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
_ATTEMPT_START = """case when attempt > 1 and type <> 'attempt.failed'
  then make_timestamptz((payload->>'$.last_attempt_at')::bigint) else started_at end"""
_ATTEMPTS = f"""select execution_id, workflow_id, visit, node, greatest(attempt, 1) as attempt, status,
  {_ATTEMPT_START} as started_at, happened_at as finished_at,
  case when type = 'attempt.failed' then duration
  else epoch(happened_at - {_ATTEMPT_START}) end as duration,
  payload->'$.error' as error
  from {{source}} where type = 'attempt.failed' or type in {_ENDS}"""
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
      null::json as error, null::json as result, null::integer as visits,
      null::integer as retries, null::integer as handled_errors, parent, origin
      from live_executions""",
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
_CUSTOM_METRICS = """select execution_id, workflow_id, happened_at, node, visit,
  payload->>'$.name' as name, (payload->>'$.value')::double as value,
  coalesce(payload->>'$.measure', 'counter') as measure, payload->'$.labels' as labels
  from events where type = 'step.measured'"""
_DEAD_LETTERS = """select e.execution_id, e.workflow_id, e.finished_at as failed_at, e.error,
  coalesce(m.status, 'open') as status, coalesce(m.retried_as, '') as retried_as,
  coalesce(m.dismissed_by, '') as dismissed_by, coalesce(m.reason, '') as reason
  from executions e left join dead_letter_marks m using (execution_id) where e.status = 'failed'"""
_COUNTS = """count(*) filter (status = 'succeeded') as succeeded,
  count(*) filter (status = 'failed') as failed,
  count(*) filter (status = 'cancelled') as cancelled,
  avg(duration) as avg_duration, quantile_cont(duration, 0.5) as p50_duration,
  quantile_cont(duration, 0.95) as p95_duration"""
_WORKFLOW_METRICS = f"""select workflow_id, '{{grain}}' as grain, bucket,
  count(*) as executions, {_COUNTS},
  sum(retries)::bigint as retries
  from ({{source}}) group by 1, 2, 3"""
_NODE_METRICS = f"""select workflow_id, node, any_value(kind) as kind, '{{grain}}' as grain, bucket,
  count(*) as visits, {_COUNTS},
  sum(greatest(attempts - 1, 0))::bigint as retries
  from ({{source}}) group by 1, 2, 4, 5"""
# DuckDB leaves out the row groups that a filter on time_bucket cannot meet, but for nothing else that
# finds a bucket, and only where it stands right beside the file; it counts from a midnight in UTC
_BUCKET = "select *, time_bucket(interval '{hours} hours', started_at) as bucket from {source}"
_HOURS = {"hour": 1, "day": 24}


def select_sealed(name: str, source: str) -> str:
    """Return the query that makes the segment file `name` of a relation of events."""
    return _SELECTS[name].format(source=source)


def define_views(segments: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the query of each view, in an order in which they can be created.

    `names` are the sealed segments in the folder `segments`.
    """
    views = {name: _define(name, segments, names) for name in FILES}
    views["logs"] = _LOGS
    views["custom_metrics"] = _CUSTOM_METRICS
    views["dead_letters"] = _DEAD_LETTERS
    views["workflow_metrics"] = _by_grain(
        _WORKFLOW_METRICS, _finished("executions", segments, names)
    )
    views["node_metrics"] = _by_grain(_NODE_METRICS, _finished("steps", segments, names))
    return views


def literal(text: str) -> str:
    """Return `text` as a string in SQL."""
    return "'" + text.replace("'", "''") + "'"


def files_of(name: str, segments: Path, names: Sequence[str]) -> str:
    """Return the relation of all Parquet files of one kind, the newest first.

    Whoever asks for the newest rows has them before DuckDB comes to the older files, which it passes over.
    """
    newest = reversed(names)
    paths = ", ".join(literal(str(segments / f"{name}-{part}.parquet")) for part in newest)
    return f"read_parquet([{paths}], union_by_name = true)"


def _define(name: str, segments: Path, names: Sequence[str]) -> str:
    parts = [f"select * from {source}" for source in _finished(name, segments, names)]
    if name in _LIVE:
        parts.append(_LIVE[name])
    query = " union all by name ".join(parts)
    return _KINLESS.format(query=query) if name == "executions" else query


def _finished(name: str, segments: Path, names: Sequence[str]) -> list[str]:
    """Return the relations that hold what has come to its end: sealed, if anything is, and recent."""
    sealed = [files_of(name, segments, names)] if names else []
    return [*sealed, f"({select_sealed(name, 'recent_events')})"]


def _by_grain(query: str, sources: Sequence[str]) -> str:
    parts = []
    for grain, hours in _HOURS.items():
        found = [_BUCKET.format(hours=hours, source=source) for source in sources]
        parts.append(query.format(grain=grain, source=" union all by name ".join(found)))
    return " union all ".join(parts)
