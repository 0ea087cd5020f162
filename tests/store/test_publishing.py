import asyncio
import subprocess
import sys

import pytest

from flowforge_lab.errors import StoreUnavailableError
from flowforge_lab.store import open_published

from .conftest import BOTH
from .rows import Story, tell_one

KEEPERS = BOTH


def ask(path, sql: str) -> list[tuple]:
    with open_published(path) as database:
        return database.execute(sql).fetchall()


@pytest.fixture
def store(open_lab):
    store = open_lab()
    asyncio.run(tell_one(store, "sealed"))
    store.sealer.seal(min_rows=1)
    asyncio.run(tell_one(store, "recent", "failed"))
    asyncio.run(Story(store, "live").begin())
    return store


@pytest.mark.slow
def test_the_published_file_holds_sealed_recent_and_live_executions(store, folder):
    assert store.publisher.publish()

    rows = ask(folder / "history.duckdb", "select workflow_id, status from executions order by 1")
    assert rows == [("live", "running"), ("recent", "failed"), ("sealed", "succeeded")]


@pytest.mark.slow
def test_executions_and_metrics_are_tables_and_the_rest_views_over_segments(store, folder):
    store.publisher.publish()
    path = folder / "history.duckdb"

    tables = ask(path, "select table_name from duckdb_tables() order by 1")
    steps = ask(path, "select workflow_id, node from steps order by 1")

    assert {"executions", "workflow_metrics", "node_metrics"} <= {name for (name,) in tables}
    assert "steps" not in {name for (name,) in tables}
    assert steps == [("recent", "load"), ("sealed", "load")]


@pytest.mark.slow
def test_another_process_reads_it_from_anywhere(store, folder, tmp_path):
    store.publisher.publish()
    code = f"""
import duckdb
with duckdb.connect({str(folder / "history.duckdb")!r}, read_only=True) as database:
    print(database.execute("select count(*) from events").fetchone()[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "9"


@pytest.mark.slow
def test_a_reader_keeps_its_file_while_a_new_one_takes_its_place(store, folder):
    store.publisher.publish()
    with open_published(folder / "history.duckdb") as old:
        asyncio.run(tell_one(store, "newer"))
        assert store.publisher.publish(at_most_every=0)

        assert old.execute("select count(*) from executions").fetchone() == (3,)
    assert ask(folder / "history.duckdb", "select count(*) from executions") == [(4,)]


@pytest.mark.slow
def test_is_written_at_most_once_a_minute(store):
    assert store.publisher.publish()
    assert not store.publisher.publish()


@pytest.mark.slow
def test_an_export_needs_nothing_else(store, folder, tmp_path):
    store.publisher.export(tmp_path / "mine.duckdb")
    for part in folder.glob("segments/*"):
        part.unlink()

    assert ask(tmp_path / "mine.duckdb", "select count(*) from steps") == [(2,)]
    assert ask(
        tmp_path / "mine.duckdb", "select count(*) from duckdb_views() where not internal"
    ) == [(0,)]
    assert ask(tmp_path / "mine.duckdb", "select count(*) from workflow_metrics") == [(4,)]


@pytest.mark.slow
def test_no_drafts_are_left_behind(store, folder):
    store.publisher.publish()

    assert [path.name for path in folder.glob(".*duckdb*")] == []


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreUnavailableError, match="nowhere"):
        open_published(tmp_path / "nowhere.duckdb")
