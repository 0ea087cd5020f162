"""Dashboard questions over many synthetic steps: `python -m tests.bench.bench_history [STEPS]`.

DuckDB itself makes the segments, a million steps each, as the sealer and its merges would leave them.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Head, NewExecution
from flowforge_lab.events import Entry, ExecutionStarted
from flowforge_lab.ids import new_id
from flowforge_lab.store import Store, Terms, open_store

STEPS = int(os.environ.get("FLOWFORGE_BENCH_STEPS", "10000000"))
STEPS_PER_EXECUTION = 8
STEPS_PER_SEGMENT = 1_000_000
MAX_QUERY_SECONDS = 0.5
MAX_REFRESH_SECONDS = 0.020
YEAR_US = 365 * 86_400 * 1_000_000
AT = 1_790_000_000_000_000

_EVENTS = """select (lo + i)::bigint as id,
  uuid_of((lo + i) // {width}) as execution_id, ((lo + i) % {width} + 1)::integer as seq,
  uuid_of(lo + i + 1000000000) as event_id, make_timestamptz(began + 500000) as happened_at,
  case when (lo + i) % {width} = {width} - 1 then 'execution.finished' else 'visit.succeeded' end as type,
  'wf_' || (hash((lo + i) // {width}) % 50)::varchar as workflow_id,
  case when (lo + i) % {width} = {width} - 1 then ''
  else 'node_' || ((lo + i) % {width})::varchar end as node,
  'data.frame' as kind, ((lo + i) % {width})::integer as visit, 1 as attempt,
  case when hash(lo + i + 7) % 20 = 0 then 'failed' else 'succeeded' end as status,
  make_timestamptz(began) as started_at, (hash(lo + i) % 100000) / 10000.0 as duration,
  '{{"type":"visit.succeeded","outputs":{{"rows":' || (hash(i) % 1000)::varchar
  || '}},"digest":"d","trigger":"manual"}}' as payload
  from (select i, lo, ({start} + (lo + i) * {step})::bigint as began
        from range({rows}) t(i), (select {lo}::bigint as lo))"""

QUERIES = {
    "avg and p95 per workflow": """select workflow_id, count(*), avg(duration),
      quantile_cont(duration, 0.95) from executions group by 1""",
    "success by hour, last week": """select date_trunc('hour', started_at) as hour,
      avg((status = 'succeeded')::int) from executions
      where started_at > (select max(started_at) from executions) - interval 7 day group by 1""",
    "success by day, all time": """select date_trunc('day', started_at) as day, count(*),
      avg((status = 'succeeded')::int) from executions group by 1""",
    "slowest nodes": """select workflow_id, node, count(*), avg(duration) as mean from steps
      group by 1, 2 order by mean desc limit 20""",
    "p95 per node, last day": """select workflow_id, node, quantile_cont(duration, 0.95) from steps
      where started_at > make_timestamptz({end} - 86400000000) group by 1, 2""",
    "node failures": """select node, count(*) filter (status = 'failed') / count(*) from steps
      group by 1 order by 2 desc""",
    "newest 50 executions": """select execution_id, workflow_id, status, started_at, duration
      from executions order by started_at desc limit 50""",
    "steps of one execution": "select * from steps where execution_id = uuid_of(1000)",
    "workflow_metrics of a month": """select * from workflow_metrics where grain = 'day'
      and bucket > make_timestamptz({end} - 2592000000000)""",
    "node_metrics of a day, by hour": """select * from node_metrics where grain = 'hour'
      and bucket > make_timestamptz({end} - 86400000000)""",
}
UUID_OF = """create or replace temp macro uuid_of(n) as
  lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000'"""


def fill(store: Store, steps: int) -> None:
    """Put segments beside the journal as a sealer would have, and list them."""
    import duckdb

    width = STEPS_PER_EXECUTION + 1
    rows = STEPS_PER_SEGMENT // STEPS_PER_EXECUTION * width
    total = steps // STEPS_PER_EXECUTION * width
    with duckdb.connect(":memory:") as database:
        database.execute("set TimeZone = 'UTC'")
        database.execute(UUID_OF)
        for lo in range(0, total, rows):
            query = _EVENTS.format(
                width=width, rows=min(rows, total - lo), lo=lo, start=AT, step=YEAR_US // total
            )
            database.execute(
                f"create or replace table made as select * replace (payload::json as payload) from ({query})"
            )
            segment = store.sealer._write(database, "made")
            store.sealer._writer.do_from_thread("add_segment", now=AT, **_facts(segment, lo + 1))


def _facts(segment, lo: int) -> dict:
    import msgspec

    facts = msgspec.structs.asdict(segment)
    del facts["created_at"]
    return facts | {"lo": lo, "hi": segment.hi + 1}


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the median time `work` takes."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


async def add_one_row(store: Store) -> None:
    new = NewExecution(new_id(), "wf_1", "d" * 64, "manual", AT)
    entry = Entry(new.id, 1, new_id(), AT, ExecutionStarted("wf_1", "d" * 64, "manual"))
    await store.journal.start(new, [entry], Head("running"))


def measure(folder: Path, steps: int) -> dict[str, float]:
    """Return the median seconds of each question, and of a refresh after a new row."""
    store = open_store(folder, clock=SystemClock(), terms=Terms(linger=1.0))
    try:
        started = time.perf_counter()
        fill(store, steps)
        print(f"{steps:,} steps made in {time.perf_counter() - started:.0f} s")
        database = store.history.connect()
        database.execute(UUID_OF)
        [(end,)] = database.execute("select epoch_us(max(started_at)) from executions").fetchall()
        times: dict[str, float] = {}
        for name, query in QUERIES.items():
            sql = query.format(end=end)
            times[name] = seconds(lambda sql=sql: database.execute(sql).fetchall(), 3)
        refreshes = []
        for _ in range(15):
            asyncio.run(add_one_row(store))
            refreshes.append(seconds(store.history.connect, 1))
        times["refresh after a new row"] = statistics.median(refreshes)
        return times
    finally:
        store.close()


def print_table(times: dict[str, float]) -> None:
    for name, taken in times.items():
        print(f"{name:32} {taken * 1000:8.1f} ms")


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_dashboard_questions_are_answered_in_time(tmp_path, capsys):
    times = measure(tmp_path, STEPS)
    with capsys.disabled():
        print()
        print_table(times)

    refresh = times.pop("refresh after a new row")
    assert refresh <= MAX_REFRESH_SECONDS
    assert {name: taken for name, taken in times.items() if taken > MAX_QUERY_SECONDS} == {}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print_table(measure(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else STEPS))
