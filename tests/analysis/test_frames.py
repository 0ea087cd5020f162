import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowforge_lab.analysis import Frames
from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import StoreError
from flowforge_lab.store import Store, Terms, open_store
from tests.store.rows import Story, tell_one


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path, clock=SystemClock(), terms=Terms(linger=0.3))
    yield store
    store.close()


@pytest.fixture
def frames(store: Store) -> Frames:
    async def tell() -> None:
        for workflow_id, status in (
            ("bot", "failed"),
            ("report", "succeeded"),
            ("bot", "succeeded"),
        ):
            await tell_one(store, workflow_id, status)
        await Story(store, "bot").begin()

    asyncio.run(tell())
    return Frames(store.history)


@pytest.mark.slow
def test_executions_can_be_picked_by_workflow_status_and_time(frames):
    assert len(frames.executions()) == 4
    assert list(frames.executions(workflow="report").status) == ["succeeded"]
    assert len(frames.executions(workflow="bot", status="failed")) == 1
    assert len(frames.executions(limit=2)) == 2
    assert len(frames.executions(since=datetime(2100, 1, 1, tzinfo=UTC))) == 0


@pytest.mark.slow
def test_times_are_aware_and_utc(frames):
    started_at = frames.executions().started_at

    assert started_at[0].utcoffset() == timedelta(0)


@pytest.mark.slow
def test_steps_and_events_of_one_execution(frames):
    execution_id = frames.executions(workflow="report").execution_id[0]

    assert list(frames.steps(execution=execution_id).node) == ["load"]
    assert list(frames.events(execution_id).seq) == [1, 2, 3, 4]
    assert len(frames.events(type="execution.finished")) == 3
    assert len(frames.attempts(execution=execution_id)) == 1
    assert len(frames.logs(execution_id)) == 0


@pytest.mark.slow
def test_metrics_by_hour_and_day(frames):
    by_day = frames.metrics("bot", by="day")

    assert list(by_day.executions) == [2]
    assert list(by_day.failed) == [1]
    assert list(frames.node_metrics("report", by="hour").visits) == [1]


@pytest.mark.slow
def test_any_sql_with_parameters_never_spliced(frames):
    nasty = "bot' or '1'='1"

    assert len(frames.sql("select * from executions where workflow_id = $name", name=nasty)) == 0
    with pytest.raises(StoreError):
        frames.sql("select nothing from nowhere")


@pytest.mark.slow
def test_a_frame_can_be_joined_with_the_history(frames):
    import pandas as pd

    owners = pd.DataFrame({"workflow_id": ["bot"], "owner": ["Ann"]})
    with frames.duckdb() as database:
        database.register("owners", owners)
        rows = database.execute(
            "select distinct owner from executions join owners using (workflow_id)"
        )

        assert rows.fetchall() == [("Ann",)]
