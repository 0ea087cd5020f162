import asyncio
import threading
import time

import duckdb
import pytest

from flowforge_lab.engine import Head
from flowforge_lab.errors import StoreError
from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    ErrorDetail,
    VisitStarted,
    VisitSucceeded,
)

from .conftest import BOTH
from .rows import Story, tell_one

KEEPERS = BOTH

LONG = "select count(*) from range(3000000) a, range(1000) b where a.range % 7 = b.range % 11"


def ask_until_interrupted(cursor):
    import duckdb

    with pytest.raises(duckdb.Error):
        cursor.execute(LONG).fetchall()


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


def test_every_attempt_is_a_row_with_its_own_time(told_store):
    store, _story = told_store

    rows = store.history.rows("select * from attempts where node = 'send' order by attempt")

    assert [(row["attempt"], row["status"], row["duration"]) for row in rows] == [
        (1, "failed", 1.0),
        (2, "failed", 2.0),
    ]


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


def test_an_open_step_is_seen_by_who_comes_later_also_when_its_start_is_sealed(open_lab):
    writer, reader = open_lab(), open_lab()
    reader.history.connect()

    async def tell() -> Story:
        story = await Story(writer).begin()
        await story.tell(VisitStarted(1, "ask", "flow.wait_reply"))
        return story

    asyncio.run(tell())
    assert writer.sealer.seal(min_rows=1).rows == 2

    for store in (reader, open_lab()):
        assert store.history.rows("select node, status from steps") == [
            {"node": "ask", "status": "running"}
        ]


def test_a_step_that_ends_after_its_start_was_sealed_is_one_row(open_lab):
    store = open_lab()

    async def tell() -> None:
        story = await Story(store).begin()
        await story.step(1)
        await asyncio.to_thread(store.sealer.seal, min_rows=1)
        store.history.connect()
        await story.step(2)
        await story.end()

    asyncio.run(tell())

    assert store.history.rows("select visit, status from steps order by 1") == [
        {"visit": 1, "status": "succeeded"},
        {"visit": 2, "status": "succeeded"},
    ]
    assert store.history.rows("select count(*) as n from executions") == [{"n": 1}]


def test_sees_what_another_client_has_just_written(open_lab):
    writer, reader = open_lab(), open_lab()
    for count in range(1, 4):
        asyncio.run(tell_one(writer))
        assert reader.history.rows("select count(*) as n from executions") == [{"n": count}]


@pytest.mark.slow
def test_threads_get_each_their_own_answers(open_lab):
    store = open_lab()
    for number in range(5):
        asyncio.run(tell_one(store, f"w{number}"))
    wrong = []

    def ask(number: int) -> None:
        for _ in range(50):
            sql = "select workflow_id as w from executions where workflow_id = $w"
            if store.history.rows(sql, {"w": f"w{number}"}) != [{"w": f"w{number}"}]:
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_wrong_query_says_why(open_lab):
    with pytest.raises(StoreError, match="exekutions"):
        open_lab().history.rows("select * from exekutions")


@pytest.mark.slow
def test_a_query_can_be_cancelled(open_lab):
    store = open_lab()
    endless = (
        "select count(*) from range(100000000) a, range(100000) b where a.range % 7 = b.range % 11"
    )

    async def work() -> float:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await store.history.query(endless)
        return time.monotonic() - started

    assert asyncio.run(work()) < 2.0
    assert store.history.rows("select 1 as one") == [{"one": 1}]


def test_a_store_closes_while_somebody_still_asks(open_lab):
    store = open_lab()
    cursor = store.history.another_cursor()
    asking = threading.Thread(target=ask_until_interrupted, args=(cursor,))
    asking.start()
    time.sleep(0.1)

    store.close()

    assert asking.is_alive()
    cursor.interrupt()
    asking.join()


def test_follows_acknowledged_entries_as_they_come(open_lab):
    writer, reader = open_lab(), open_lab()

    async def work() -> tuple[list[int], float]:
        before = await Story(writer).begin()
        seen, came = [], []

        async def follow() -> None:
            async for recorded in reader.journal.follow():
                seen.append(recorded.entry.seq)
                came.append(time.monotonic())
                if len(seen) == 2:
                    return

        following = asyncio.get_running_loop().create_task(follow())
        await asyncio.sleep(0.2)
        started = time.monotonic()
        await before.step(1)
        await following
        return seen, came[0] - started

    seen, late = asyncio.run(work())
    assert seen == [2, 3]
    assert late < 0.1


def test_follows_one_execution_from_its_beginning(open_lab):
    store = open_lab()

    async def work() -> list[str]:
        await tell_one(store)
        story = await Story(store).begin()
        await story.step(1)
        kinds = []
        async for recorded in store.journal.follow(after=0, execution_id=story.id):
            kinds.append(type(recorded.entry.event).__name__)
            if len(kinds) == 3:
                break
        return kinds

    assert asyncio.run(work()) == ["ExecutionStarted", "VisitStarted", "VisitSucceeded"]


@pytest.mark.slow
def test_opening_a_store_does_not_load_duckdb_or_pandas():
    import subprocess
    import sys

    code = """
import sys
import flowforge_lab.store, flowforge_lab.analysis
print(sorted({"duckdb", "pandas", "pyarrow", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_an_attempt_has_its_time_though_its_events_lie_in_two_segments(open_lab):
    store = open_lab()
    error = ErrorDetail("http.status", "The server refused", status=503)

    async def work():
        story = await Story(store).begin()
        began = story.now
        await story.tell(
            VisitStarted(1, "send", "x"),
            AttemptFailed(1, "send", 1, error, began, 1.0, story.now),
            AttemptStarted(1, "send", 2),
        )
        await asyncio.to_thread(store.sealer.seal, min_rows=1)
        at = story.now
        await story.tell(
            VisitSucceeded(1, "send", "x", "out", {}, began, 3.0, attempts=2, last_attempt_at=at)
        )
        await asyncio.to_thread(store.sealer.seal, min_rows=1)

    asyncio.run(work())
    rows = store.history.rows("select * from attempts order by attempt")

    assert [(row["status"], row["duration"]) for row in rows] == [
        ("failed", 1.0),
        ("succeeded", 1.0),
    ]
    assert rows[1]["started_at"] is not None


def test_what_only_the_end_sums_up_is_empty_until_then(open_lab):
    store = open_lab()
    asyncio.run(Story(store).begin())

    [row] = store.history.rows("select visits, retries, handled_errors from executions")

    assert set(row.values()) == {None}
