import asyncio

import duckdb
import pytest

from flowforge_lab.engine import Head
from flowforge_lab.events import (
    VisitStarted,
)

from .conftest import BOTH
from .rows import Story, tell_one

KEEPERS = BOTH


def told(store) -> Story:
    """A failed execution: a step that worked, one that failed twice."""

    async def tell() -> Story:
        story = await Story(store, "bot", user="ann", chat="42").begin()
        await story.step(1, outputs={"rows": [1, 2]})
        await story.failing_step(2)
        return await story.end("failed")

    return asyncio.run(tell())


@pytest.fixture(params=["in the journal", "sealed", "half sealed"])
def told_store(request, open_lab):
    store = open_lab()
    if request.param == "half sealed":
        store.sealer.seal(min_rows=1)
    story = told(store)
    if request.param == "sealed":
        assert store.sealer.seal(min_rows=1).rows == story.seq
    return store, story


def test_an_execution_is_one_row(told_store):
    store, story = told_store

    [row] = store.history.rows("select * from executions")

    assert (row["execution_id"], row["workflow_id"], row["status"]) == (story.id, "bot", "failed")
    assert (row["user"], row["chat"], row["visits"], row["retries"]) == ("ann", "42", 2, 1)
    assert (row["version"], row["duration"], row["result"]) == ("d" * 64, 9.0, '{"rows":3}')
    assert '"title":"It broke"' in row["error"]
    assert row["started_at"].tzinfo is not None


def test_a_visit_is_a_step(told_store):
    store, _story = told_store

    rows = store.history.rows("select * from steps order by visit")

    assert [(row["node"], row["status"], row["attempts"]) for row in rows] == [
        ("load", "succeeded", 1),
        ("send", "failed", 2),
    ]
    assert (rows[0]["outputs"], rows[0]["output_bytes"]) == ('{"rows":[1,2]}', 7)
    assert '"status":503' in rows[1]["error"]


@pytest.mark.slow
def test_every_attempt_is_a_row_with_its_own_time(told_store):
    store, _story = told_store

    rows = store.history.rows("select * from attempts where node = 'send' order by attempt")

    assert [(row["attempt"], row["status"], row["duration"]) for row in rows] == [
        (1, "failed", 1.0),
        (2, "failed", 2.0),
    ]


@pytest.mark.slow
def test_logs_and_metrics_follow_from_events(told_store):
    store, _story = told_store

    [log] = store.history.rows("select * from logs")
    by_workflow = store.history.rows("select * from workflow_metrics order by grain desc")
    [node] = store.history.rows("select * from node_metrics where grain='day' and node='send'")

    assert (log["message"], log["level"], log["attempt"]) == ("trying again", "info", 2)
    assert [(row["grain"], row["executions"], row["failed"]) for row in by_workflow] == [
        ("hour", 1, 1),
        ("day", 1, 1),
    ]
    assert (node["kind"], node["failed"], node["retries"]) == ("action.http_request", 1, 1)


def test_an_empty_store_has_empty_tables(open_lab):
    history = open_lab().history

    for table in ("executions", "steps", "attempts", "events", "logs", "workflow_metrics"):
        assert history.rows(f"select * from {table}") == []


def test_what_runs_and_waits_is_in_the_tables_too(open_lab):
    store = open_lab()

    async def tell() -> Story:
        story = await Story(store).begin()
        await story.tell(VisitStarted(1, "ask", "flow.wait_reply"))
        running = statuses()
        await story.tell(head=Head("waiting"))
        return running

    def statuses():
        return [
            store.history.rows(f"select status from {table}")[0]["status"]
            for table in ("executions", "steps")
        ]

    assert asyncio.run(tell()) == ["running", "running"]
    assert statuses() == ["waiting", "waiting"]


def test_a_paused_execution_is_not_over_and_its_open_steps_wait(open_lab):
    store = open_lab()

    async def tell() -> None:
        story = await Story(store).begin()
        await story.tell(VisitStarted(1, "ask", "flow.wait_reply"), head=Head("paused"))

    asyncio.run(tell())

    [execution] = store.history.rows("select status, finished_at from executions")
    assert execution == {"status": "paused", "finished_at": None}
    assert store.history.rows("select status from steps") == [{"status": "waiting"}]


KIN = "select parent, origin from executions order by started_at, parent"


@pytest.mark.slow
def test_an_execution_tells_its_kin_from_start_to_seal(open_lab):
    store = open_lab()

    async def begin() -> Story:
        await tell_one(store)
        return await Story(store, parent="p", origin="o").begin()

    story = asyncio.run(begin())
    seen = [store.history.rows(KIN)]
    asyncio.run(story.end())
    seen.append(store.history.rows(KIN))
    store.sealer.seal(min_rows=1)
    seen.append(open_lab().history.rows(KIN))

    assert seen == [[{"parent": "", "origin": ""}, {"parent": "p", "origin": "o"}]] * 3


@pytest.mark.slow
def test_segments_from_before_executions_knew_their_kin_are_read(open_lab, folder):
    store = open_lab()
    asyncio.run(tell_one(store))
    store.sealer.seal(min_rows=1)
    [path] = folder.glob("segments/executions-*.parquet")
    with duckdb.connect() as database:
        database.execute(f"create table old as select * exclude (parent, origin) from '{path}'")
        database.execute(f"copy old to '{path}' (format parquet)")

    rows = [store.history.rows(KIN)]
    asyncio.run(tell_one(store))
    rows.append(store.history.rows(KIN))

    assert rows == [[{"parent": "", "origin": ""}] * count for count in (1, 2)]


LETTERS = (
    "select execution_id as id, status, retried_as, dismissed_by from dead_letters order by id"
)


@pytest.mark.slow
def test_a_failed_execution_is_a_dead_letter_until_it_is_seen_to(told_store, open_lab):
    store, story = told_store
    retried, dismissed = told(store).id, told(store).id
    before = store.history.rows(LETTERS)

    async def see_to() -> str:
        await store.journal.dismiss([dismissed], by="ann", reason="known")
        return (await Story(store, origin=retried).begin()).id

    retry = asyncio.run(see_to())

    expected = [(story.id, "open"), (retried, "retried"), (dismissed, "dismissed")]
    assert {row["status"] for row in before} == {"open"}
    for reader in (store, open_lab()):
        rows = reader.history.rows(LETTERS)
        assert [(row["id"], row["status"]) for row in rows] == sorted(expected)
        told_of = {row["id"]: (row["retried_as"], row["dismissed_by"]) for row in rows}
        assert told_of[retried] == (retry, "")
        assert told_of[dismissed] == ("", "ann")


@pytest.mark.slow
def test_thousands_of_letters_dismissed_at_once_are_all_seen(open_lab):
    store, reader = open_lab(), open_lab()
    reader.history.connect()

    async def fail_many() -> list[str]:
        stories = [await Story(store).begin() for _ in range(5200)]
        await asyncio.gather(*(story.end("failed") for story in stories))
        ids = [story.id for story in stories]
        await store.journal.dismiss(ids[:5150])
        await store.journal.dismiss(ids[5150:5190])
        return ids

    asyncio.run(fail_many())

    rows = reader.history.rows(
        "select status, count(*) as n from dead_letters group by 1 order by 1"
    )
    assert rows == [{"status": "dismissed", "n": 5190}, {"status": "open", "n": 10}]
