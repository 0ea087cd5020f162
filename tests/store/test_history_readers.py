"""History while others write it, in threads, followed, and cut in two."""

import asyncio
import threading
import time

import duckdb
import pytest

from flowforge_lab.errors import StoreError
from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    ErrorDetail,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.store import bells

from .rows import Story, tell_one

LONG = "select count(*) from range(3000000) a, range(1000) b where a.range % 7 = b.range % 11"


def ask_until_interrupted(cursor):

    with pytest.raises(duckdb.Error):
        cursor.execute(LONG).fetchall()


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_what_this_process_writes_wakes_those_who_follow(open_lab, monkeypatch):
    monkeypatch.setattr(bells, "_POLL_SECONDS", 3600)
    store = open_lab()

    async def work() -> list[int]:
        story = await Story(store).begin()
        position = await store.journal.position()
        following = store.journal.follow(after=position)
        first = asyncio.create_task(anext(following))
        await asyncio.sleep(0.05)
        await story.step(1)
        second = await first, await anext(following)
        await following.aclose()
        return [recorded.entry.seq for recorded in second]

    assert asyncio.run(work()) == [2, 3]


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


@pytest.mark.slow
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
