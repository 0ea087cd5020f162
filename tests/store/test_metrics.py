"""The metrics of the history against plain sums over the rows they tell of."""

import asyncio
from datetime import UTC, datetime

import pytest

from flowforge_lab.events import ErrorDetail, VisitFailed, VisitStarted, VisitSucceeded

from .conftest import BOTH
from .rows import AT, SECOND, Story

KEEPERS = BOTH

HOUR = 3600 * SECOND
MIDNIGHT = AT - AT % (24 * HOUR)
MOMENTS = [0, 1, HOUR - 1, HOUR, HOUR + 1, 23 * HOUR, 24 * HOUR - 1, 24 * HOUR, 700 * HOUR]
LONG_AGO = [1 - MIDNIGHT, 946_684_800 * SECOND - 1 - MIDNIGHT]  # in 1970, and as 1999 ends
ERROR = ErrorDetail("boom", "It broke")

COUNTS = """count(*) filter (status = 'succeeded'), count(*) filter (status = 'failed'),
  count(*) filter (status = 'cancelled'), avg(duration), quantile_cont(duration, 0.5),
  quantile_cont(duration, 0.95)"""
BY_NODE = f"""select workflow_id, node, any_value(kind), '{{grain}}' as grain,
  date_trunc('{{grain}}', started_at) as bucket, count(*), {COUNTS}, sum(greatest(attempts - 1, 0))
  from steps where finished_at is not null group by 1, 2, 4, 5"""
BY_WORKFLOW = f"""select workflow_id, '{{grain}}' as grain,
  date_trunc('{{grain}}', started_at) as bucket, count(*), {COUNTS}, sum(retries)
  from executions where finished_at is not null group by 1, 2, 3"""
PLAIN = {"node_metrics": BY_NODE, "workflow_metrics": BY_WORKFLOW}


async def tell(store, moments) -> None:
    """Tell an execution whose visits began at these moments after midnight; every third failed."""
    story = await Story(store).begin()
    for number, moment in enumerate(moments, start=1):
        place = (number, f"n{number % 2}", "data.frame")
        began, took = MIDNIGHT + moment, 1.5 * number
        end = VisitSucceeded(*place, "out", None, began, took)
        if number % 3 == 0:
            end = VisitFailed(*place, ERROR, began, took, attempts=3)
        await story.tell(VisitStarted(*place), end)
    await story.tell(VisitStarted(99, "n1", "data.frame"))
    if moments is not MOMENTS:
        await story.end()


@pytest.fixture
def history(open_lab):
    """A history of two segments, a tail, and an execution under way."""
    store = open_lab()
    for moments in (LONG_AGO + MOMENTS, MOMENTS[2:]):
        asyncio.run(tell(store, moments))
        store.sealer.seal(min_rows=1)
    asyncio.run(tell(store, MOMENTS[::-1]))
    asyncio.run(tell(store, MOMENTS))
    return store.history


@pytest.mark.slow
@pytest.mark.parametrize("grain", ["hour", "day"])
@pytest.mark.parametrize("view", ["node_metrics", "workflow_metrics"])
@pytest.mark.parametrize(
    "window", ["true", "bucket >= $at", "bucket > $at", "bucket = $at", "bucket < $at"]
)
def test_metrics_are_the_sums_over_the_rows(history, view, grain, window):
    database = history.connect()
    at = {"at": datetime.fromtimestamp((MIDNIGHT + 24 * HOUR) / 1e6, UTC)} if "$" in window else {}

    found = f"select * from {view} where grain = '{grain}' and {window} order by all"
    plain = f"select * from ({PLAIN[view].format(grain=grain)}) where {window} order by all"

    told = database.execute(found, at).fetchall()
    assert told == database.execute(plain, at).fetchall()
    assert told or "workflow" in view


@pytest.mark.slow
def test_a_question_about_one_hour_reads_no_segment_of_another_time(history):
    plan = history.rows(
        "explain analyze select * from node_metrics where grain = 'hour' and bucket = $at",
        {"at": datetime(2020, 1, 1, tzinfo=UTC)},
    )

    assert "Row Groups Scanned: 1 / 2" in plan[0]["explain_value"]
