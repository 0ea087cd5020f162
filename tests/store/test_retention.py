import asyncio
import time
from random import Random

import pytest

from flowforge_lab.engine import Head
from flowforge_lab.events import VisitStarted
from flowforge_lab.store import HousekeepingPlan, Store

from .conftest import BOTH
from .rows import AT, SECOND, Story, tell_one

KEEPERS = BOTH

LATE = 10**9


async def with_blob(store: Store, size: int, *, later: int = 0) -> str:
    """Write an execution that refers to a blob of `size` bytes, and return its id."""
    digest = store.blobs.put(str(later).encode() * size)
    story = await Story(store).begin()
    frame = {"$frame": {"digest": digest, "row_count": 1, "columns": {}}}
    await story.step(1, outputs={"table": frame})
    await story.end(at=AT + later)
    return story.id


def left(store: Store) -> list[str]:
    rows = store.history.rows("select distinct execution_id as id from events order by id")
    return [row["id"] for row in rows]


def tell(store: Store, count: int, *, payload: int = 0) -> list[str]:
    """Write executions that end one after the other, and seal them."""

    async def work() -> list[str]:
        ids = []
        for turn in range(count):
            story = await Story(store).begin()
            text = Random(turn).randbytes(payload).hex()
            await story.step(1, outputs={"text": text})
            await story.end(at=AT + turn * SECOND)
            ids.append(story.id)
        return ids

    ids = asyncio.run(work())
    store.sealer.seal(min_rows=1)
    return ids


@pytest.mark.slow
def test_an_execution_that_is_not_over_keeps_its_old_events(open_lab):
    store = open_lab()

    async def begin() -> Story:
        story = await Story(store).begin()
        await story.tell(VisitStarted(1, "ask", "flow.wait"), head=Head("paused"))
        return story

    paused = asyncio.run(begin())
    tell(store, 3)

    assert store.sealer.drop_before(AT + LATE) == 1
    assert store.sealer.drop_before(AT + LATE) == 0, "there is nothing more to do"

    assert left(store) == [paused.id]
    assert asyncio.run(store.journal.find_head(paused.id)).status == "paused"
    assert len(asyncio.run(store.journal.read(paused.id))) == 2


@pytest.mark.slow
def test_an_execution_that_ended_late_is_whole_until_its_end_is_old(open_lab):
    store = open_lab()
    story = asyncio.run(Story(store).begin())
    tell(store, 2)
    asyncio.run(story.end(at=AT + LATE * 2))
    store.sealer.seal(min_rows=1)

    store.sealer.drop_before(AT + LATE)
    entries = asyncio.run(store.journal.read(story.id))

    assert (left(store), [entry.seq for entry in entries]) == ([story.id], [1, 2])
    assert store.sealer.drop_before(AT + LATE * 3) == 2
    assert left(store) == []


@pytest.mark.slow
def test_an_exact_cut_goes_through_a_segment(open_lab):
    store = open_lab()
    ids = tell(store, 6)

    assert store.sealer.drop_before(AT + 3 * SECOND) == 0
    assert store.sealer.drop_before(AT + 3 * SECOND, is_exact=True) == 1

    assert left(store) == ids[3:]
    assert asyncio.run(store.journal.find_head(ids[2])) is None
    assert asyncio.run(store.journal.find_head(ids[3])) is not None


@pytest.mark.slow
def test_what_fits_is_left_alone(open_lab):
    store = open_lab()
    tell(store, 3)

    size = asyncio.run(store.shrink(max_bytes=10**9))

    assert 0 < size < 10**9
    assert len(left(store)) == 3


@pytest.mark.slow
def test_the_oldest_executions_go_until_the_rest_fits(open_lab):
    store = open_lab()
    ids = tell(store, 30, payload=6000)
    before = asyncio.run(store.shrink(max_bytes=10**9))

    after = asyncio.run(store.shrink(max_bytes=before * 2 // 3))

    kept = left(store)
    assert after <= before * 2 // 3
    assert kept == ids[-len(kept) :]
    assert 12 < len(kept) < 24, "not many more than must go"


@pytest.mark.slow
def test_blobs_count_and_go_with_the_last_execution_that_refers_to_them(open_lab):
    store = open_lab()

    async def work() -> list[str]:
        return [await with_blob(store, 10_000, later=turn) for turn in range(1, 9)]

    ids = asyncio.run(work())
    store.sealer.seal(min_rows=1)
    total = asyncio.run(store.shrink(max_bytes=10**9))
    asyncio.run(store.shrink(max_bytes=total - 35_000))
    time.sleep(0.02)

    assert total > 80_000
    assert left(store) == ids[4:]
    assert asyncio.run(store.sweep_blobs(grace=0.0)) == 4


@pytest.mark.slow
def test_nothing_that_is_not_over_is_taken_however_little_room_there_is(open_lab):
    store = open_lab()

    async def begin() -> list[str]:
        stories = [await Story(store).begin() for _ in range(3)]
        for story, status in zip(stories, ("running", "waiting", "paused"), strict=True):
            digest = store.blobs.put(status.encode() * 5000)
            frame = {"$frame": {"digest": digest, "row_count": 1, "columns": {}}}
            await story.step(1, outputs={"table": frame})
            await story.tell(head=Head(status))
        return [story.id for story in stories]

    ids = asyncio.run(begin())
    tell(store, 3)

    size = asyncio.run(store.shrink(max_bytes=1))

    assert size > 5000
    assert left(store) == ids
    assert asyncio.run(store.sweep_blobs(grace=0.0)) == 0


@pytest.mark.slow
def test_retention_takes_dead_letters_and_waits_with_their_executions(open_lab):
    store = open_lab()
    asyncio.run(tell_one(store, status="failed"))
    store.sealer.seal(min_rows=1)

    store.sealer.drop_before(AT + LATE)

    assert asyncio.run(store.journal.list_dead_letters()) == []
    assert store.history.rows("select * from dead_letters") == []


@pytest.mark.slow
def test_housekeeping_keeps_the_history_small(open_lab):
    store = open_lab()
    ids = tell(store, 12, payload=4000)
    size = asyncio.run(store.shrink(max_bytes=10**9))
    plan = HousekeepingPlan(every=0.05, sweep_every=0.05, retention_bytes=size // 2)

    async def work() -> None:
        keeping = asyncio.get_running_loop().create_task(store.keep_house(plan))
        while len(await asyncio.to_thread(left, store)) == len(ids):
            await asyncio.sleep(0.05)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping

    asyncio.run(asyncio.wait_for(work(), 15))

    assert asyncio.run(store.shrink(max_bytes=10**9)) <= size // 2


async def keep_for(seconds: float, *stores: Store, plan: HousekeepingPlan) -> None:
    keeping = asyncio.gather(*(store.keep_house(plan) for store in stores))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(keeping, seconds)


@pytest.mark.slow
def test_the_first_round_sweeps_if_nobody_has_for_long(open_lab):
    store = open_lab()
    tell(store, 3)
    plan = HousekeepingPlan(every=0.05, retention=1.0)
    asyncio.run(keep_for(2.0, store, plan=plan))
    assert left(store) == []

    ids = tell(store, 2)
    asyncio.run(keep_for(1.0, open_lab(), plan=plan))

    assert left(store) == sorted(ids), "that is less than an hour ago"


@pytest.mark.slow
def test_a_sweep_by_hand_waits_for_nothing(open_lab):
    store = open_lab()
    asyncio.run(keep_for(0.5, store, plan=HousekeepingPlan(every=0.05)))
    tell(store, 2)

    asyncio.run(store.sweep(HousekeepingPlan(retention=1.0)))

    assert left(store) == []
