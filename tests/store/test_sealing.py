import asyncio
import os
import shutil
import time

import pytest

from flowforge_lab.errors import StoreError, StoreFullError
from flowforge_lab.store import HousekeepingPlan

from .conftest import BOTH, fill
from .rows import AT, Story, tell_one

KEEPERS = BOTH

COUNT = "select count(*) as n, count(distinct (execution_id, seq)) as d from events"


def counts(store) -> tuple[int, int]:
    [row] = store.history.rows(COUNT)
    return row["n"], row["d"]


def tell(store, count: int) -> list[str]:
    async def work() -> list[str]:
        return list(await asyncio.gather(*(tell_one(store) for _ in range(count))))

    return asyncio.run(work())


def journal_rows(store) -> int:
    return store._reader.ask("counts", {}, kind=list)[0][0]


@pytest.mark.slow
def test_sealing_moves_finished_executions_out_of_the_journal_and_loses_none(open_lab):
    store = open_lab()
    ids = tell(store, 20)

    sealed = store.sealer.seal(min_rows=1)

    assert sealed.rows == 80
    assert journal_rows(store) == 0
    assert counts(store) == (80, 80)
    assert len(asyncio.run(store.journal.read(ids[7]))) == 4


def test_a_sealed_execution_reads_back_exactly_as_it_was(open_lab):
    store = open_lab()
    [execution_id] = tell(store, 1)
    before = asyncio.run(store.journal.read(execution_id))

    store.sealer.seal(min_rows=1)

    assert asyncio.run(store.journal.read(execution_id)) == before


def test_too_short_a_tail_is_left_alone(open_lab):
    store = open_lab()
    tell(store, 2)

    assert store.sealer.seal(min_rows=9) is None
    assert store.sealer.seal(min_rows=8).rows == 8
    assert store.sealer.seal(min_rows=1) is None


@pytest.mark.slow
def test_an_unfinished_execution_stays_in_the_journal_though_sealed(open_lab):
    store = open_lab()

    async def work():
        story = await Story(store).begin()
        await story.step(1)
        await asyncio.to_thread(store.sealer.seal, min_rows=1)
        assert len(await store.journal.read(story.id)) == 3
        await story.end()
        await asyncio.to_thread(store.sealer.seal, min_rows=1)
        return story, await store.journal.read(story.id)

    _story, entries = asyncio.run(work())

    assert [entry.seq for entry in entries] == [1, 2, 3, 4]
    assert counts(store) == (4, 4)


@pytest.mark.slow
def test_merging_joins_small_segments_and_changes_no_answer(open_lab):
    store = open_lab()
    for _ in range(9):
        tell(store, 3)
        store.sealer.seal(min_rows=1)
    before = store.history.rows("select * from steps order by execution_id, visit")

    assert store.sealer.merge() == 9

    assert len(store._reader.ask("list_segments", {}, kind=list)) == 1
    assert store.history.rows("select * from steps order by execution_id, visit") == before
    assert counts(store) == (108, 108)


@pytest.mark.slow
def test_erasing_an_execution_leaves_no_trace_of_it_and_all_of_the_others(open_lab):
    store = open_lab()
    gone, kept = tell(store, 2)
    store.sealer.seal(min_rows=1)
    [unsealed] = tell(store, 1)

    store.sealer.erase([gone, unsealed])

    rows = store.history.rows("select distinct execution_id as id from events")
    assert rows == [{"id": kept}]
    assert asyncio.run(store.journal.read(gone)) == []
    assert asyncio.run(store.journal.find_head(gone)) is None


@pytest.mark.slow
def test_retention_drops_old_segments_and_keeps_young_ones(open_lab):
    store = open_lab()
    [old] = tell(store, 1)
    store.sealer.seal(min_rows=1)

    assert store.sealer.drop_before(AT) == 0
    assert store.sealer.drop_before(AT + 10**9) == 1

    assert counts(store) == (0, 0)
    assert asyncio.run(store.journal.find_head(old)) is None


@pytest.mark.slow
def test_files_of_a_crashed_sealer_are_swept_and_never_read(open_lab, folder):
    store = open_lab()
    tell(store, 2)
    store.sealer.seal(min_rows=1)
    [events] = folder.glob("segments/events-*.parquet")
    orphan = events.with_name("events-00000000000001-00000000000008-deadbeef.parquet")
    shutil.copy(events, orphan)
    os.utime(orphan, (0, 0))

    store.sealer.sweep_files()

    assert not orphan.exists()
    assert events.exists()
    assert counts(store) == (8, 8)


@pytest.mark.slow
def test_two_sealers_do_not_seal_the_same(open_lab):
    stores = [open_lab(), open_lab()]
    tell(stores[0], 30)

    async def work():
        calls = [asyncio.to_thread(store.sealer.seal, min_rows=1) for store in stores * 3]
        return [sealed for sealed in await asyncio.gather(*calls) if sealed]

    assert sum(sealed.rows for sealed in asyncio.run(work())) == 120
    assert counts(stores[0]) == (120, 120)


@pytest.mark.slow
def test_a_full_disk_stops_the_sealing_and_loses_nothing(open_lab, small_disk):
    store = open_lab(small_disk / ".flowforge")
    tell(store, 20)
    fill(small_disk / "filler")

    with pytest.raises(StoreError):
        store.sealer.seal(min_rows=1)

    (small_disk / "filler").unlink()
    assert counts(store) == (80, 80)
    assert store.sealer.seal(min_rows=1).rows == 80
    assert not list((small_disk / ".flowforge" / "segments").glob(".*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(HousekeepingPlan(every=0.05, seal_idle=0.0), id="when nothing happens"),
        pytest.param(HousekeepingPlan(every=3600.0, seal_rows=1), id="a lot, as soon as it opens"),
    ],
)
def test_housekeeping_seals_and_publishes_by_itself(open_lab, folder, plan):
    store = open_lab()
    tell(store, 3)

    async def work() -> None:
        keeping = asyncio.get_running_loop().create_task(store.keep_house(plan))
        while not (folder / "history.duckdb").exists():
            await asyncio.sleep(0.05)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping

    asyncio.run(asyncio.wait_for(work(), 15))

    assert journal_rows(store) == 0


def test_blobs_of_an_execution_live_as_long_as_it_does(open_lab):
    store = open_lab()
    digest = store.blobs.put(b"a frame")

    async def work() -> str:
        story = await Story(store).begin()
        frame = {"$frame": {"digest": digest, "row_count": 1, "columns": {}}}
        await story.step(1, outputs={"table": frame})
        await story.end()
        return story.id

    execution_id = asyncio.run(work())
    time.sleep(0.05)

    assert asyncio.run(store.sweep_blobs(grace=0.0)) == 0
    store.sealer.erase([execution_id])
    assert asyncio.run(store.sweep_blobs(grace=0.0)) == 1


def test_publishing_on_a_full_disk_leaves_the_old_file(open_lab, small_disk):
    store = open_lab(small_disk / ".flowforge")
    store.layout.history.write_bytes(b"old")
    fill(small_disk / "filler")

    with pytest.raises(StoreFullError):
        store.publisher.publish(at_most_every=0)

    (small_disk / "filler").unlink()
    assert store.layout.history.read_bytes() == b"old"
