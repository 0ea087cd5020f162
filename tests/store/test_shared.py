"""Several machines write one journal in PostgreSQL at once, and the database itself may go away."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from flowforge_lab.engine import Head
from flowforge_lab.errors import LeaseLostError, StoreError, StoreUnavailableError
from flowforge_lab.events import VisitParked
from flowforge_lab.store import HousekeepingPlan, Target, Terms
from flowforge_lab.store.tail import Place, read_page
from flowforge_lab.testing.suite import claim

from .rows import AT, RUNNING, Story, tell_one

pytestmark = pytest.mark.parametrize("keeper", ["postgres"])

WRITER = """
import asyncio, sys
from pathlib import Path
from flowforge_lab.clock import SystemClock
from flowforge_lab.events import VisitParked
from flowforge_lab.store import Target, Terms, open_store
from tests.store.rows import Story, tell_one

folder, url, schema, role = sys.argv[1:]
store = open_store(Path(folder), clock=SystemClock(), terms=Terms(lease=1.0),
    target=Target(url, schema))

async def tell():
    for _ in range(15):
        await asyncio.gather(*(tell_one(store, role) for _ in range(8)))

async def tell_at_length():
    story = await Story(store, role).begin()
    for _ in range(30):
        await story.tell(*[VisitParked(1, "ask", terms={"text": "x" * 500})] * 1500)

async def hold():
    story = await Story(store, role).begin()
    print(story.id, flush=True)
    await asyncio.sleep(60)

asyncio.run({"holder": hold, "long": tell_at_length}.get(role, tell)())
store.close()
"""


@pytest.fixture
def spawn(folder, target: Target):
    started = []

    def start(role: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(folder), target.url, target.schema, role]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_whoever_follows_misses_nothing_that_commits_out_of_order(open_lab, spawn):
    store = open_lab()
    writers = [
        spawn(role) for role in ("long", "short", "brief")
    ]  # a long one ends after short ones
    place, seen, page = Place(), [], None

    while page is None or page.rows or any(writer.poll() is None for writer in writers):
        page = read_page(store._reader, place)
        place = Place(page.last)
        seen += [(row[1], row[2]) for row in page.rows]

    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(seen) == len(set(seen)) == 1 + 30 * 1500 + 2 * 15 * 8 * 4


@pytest.mark.slow
def test_who_seals_while_others_write_loses_and_doubles_nothing(open_lab, spawn, target):
    store, other = open_lab(), open_lab()
    writers = [spawn(f"writer-{number}") for number in range(2)]
    sealed = []

    def seal(one) -> None:
        while any(writer.poll() is None for writer in writers):
            sealed.append(one.sealer.seal(min_rows=40))

    threads = [threading.Thread(target=seal, args=(one,)) for one in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = store.history.rows(
        "select count(*) as n, count(distinct (execution_id, seq)) as d from events"
    )
    assert [writer.wait() for writer in writers] == [0, 0]
    assert any(sealed)
    assert rows == [{"n": 2 * 15 * 8 * 4, "d": 2 * 15 * 8 * 4}]


@pytest.mark.slow
def test_a_client_that_was_killed_loses_its_execution_after_its_lease(open_lab, spawn, target):
    store = open_lab()
    process = spawn("holder")
    execution_id = process.stdout.readline().strip()
    process.kill()
    process.wait()
    began = time.monotonic()

    async def take():
        while (lease := await claim(store.journal, execution_id)) is None:
            await asyncio.sleep(0.05)
        return lease

    lease = asyncio.run(take())
    assert lease.epoch == 2
    assert 0.3 < time.monotonic() - began < 20


@pytest.mark.slow
def test_a_stopped_client_that_lost_its_lease_writes_nothing_more(open_lab, spawn, target):
    store = open_lab()
    process = spawn("holder")
    execution_id = process.stdout.readline().strip()
    os.kill(process.pid, signal.SIGSTOP)

    async def take():
        while (lease := await claim(store.journal, execution_id)) is None:
            await asyncio.sleep(0.05)
        return lease, await store.journal.read(execution_id)

    lease, entries = asyncio.run(take())
    os.kill(process.pid, signal.SIGCONT)
    process.kill()
    process.wait()
    assert (lease.epoch, len(entries)) == (2, 1)


@pytest.mark.slow
def test_a_database_that_restarts_in_the_middle_loses_nothing(open_lab, postgres):
    store = open_lab(terms=Terms(lease=30.0))
    told = []

    async def work():
        end = time.monotonic() + 3
        while time.monotonic() < end:
            told.append(await tell_one(store))

    async def everything():
        async with asyncio.TaskGroup() as tasks:
            for _ in range(8):
                tasks.create_task(work())
            for _ in range(2):
                await asyncio.sleep(0.8)
                await asyncio.to_thread(postgres.restart)
        return [len(await store.journal.read(one)) for one in told]

    counts = asyncio.run(everything())
    assert len(counts) > 20
    assert set(counts) == {4}


@pytest.mark.slow
def test_starts_with_one_key_on_two_machines_make_one_execution(open_lab):
    stores = [open_lab() for _ in range(4)]

    async def begin(store):
        story = Story(store, key="mail-1")
        event = story.entry(VisitParked(1, "ask"))
        return (await store.journal.start(story.new, [event], RUNNING)).status

    async def work():
        return await asyncio.gather(*(begin(store) for store in stores * 5))

    statuses = asyncio.run(work())
    assert sorted(statuses) == ["known"] * 19 + ["running"]


def test_two_machines_never_overfill_a_slot(open_lab):
    stores = [open_lab() for _ in range(3)]

    async def begin(store):
        story = Story(store, slot="chat-7", max_in_slot=3)
        event = story.entry(VisitParked(1, "ask"))
        return (await store.journal.start(story.new, [event], RUNNING)).status

    async def work():
        return await asyncio.gather(*(begin(store) for store in stores * 6))

    statuses = asyncio.run(work())
    assert sorted(statuses) == ["queued"] * 15 + ["running"] * 3


def test_one_of_many_machines_claims_what_is_due(open_lab):
    stores = [open_lab() for _ in range(3)]

    async def work():
        story = await Story(stores[0]).begin()
        await story.tell(head=Head("waiting", wake_at=AT))
        claims = await asyncio.gather(*(claim(one.journal, story.id) for one in stores * 4))
        return [lease.epoch for lease in claims if lease]

    assert asyncio.run(work()) == [2]


@pytest.mark.slow
def test_parents_and_children_that_end_on_two_machines_find_each_other(open_lab):
    here, there = open_lab(), open_lab()

    async def one_pair():
        child, parent = await Story(there).begin(), await Story(here).begin()
        parked = parent.tell(
            VisitParked(1, "call", keys=(f"execution:{child.id}",)), head=Head("waiting")
        )
        await asyncio.gather(parked, child.end())
        return parent.id

    async def work():
        parents = [one for _ in range(15) for one in await asyncio.gather(one_pair(), one_pair())]
        due = {item.execution_id for item in await here.journal.due(AT, 1000)}
        return set(parents) - due

    assert asyncio.run(work()) == set()


@pytest.mark.slow
def test_a_holder_that_renews_keeps_its_execution(open_lab):
    store, other = open_lab(terms=Terms(lease=0.4)), open_lab()

    async def work():
        story = await Story(store).begin()
        for _ in range(8):
            await asyncio.sleep(0.1)
            await store.journal.renew([story.lease])
        held = await claim(other.journal, story.id)
        await asyncio.sleep(0.5)
        taken = await claim(other.journal, story.id)
        with pytest.raises(LeaseLostError):
            await story.tell(VisitParked(1, "ask"))
        return held, taken.epoch

    assert asyncio.run(work()) == (None, 2)


def test_an_error_that_quotes_a_nul_still_ends_its_execution(open_lab):
    store = open_lab()

    async def work():
        story = await Story(store).begin()
        await store.journal.append(story.lease, [], Head("failed", finished_at=AT, error="a\0b"))
        return (await store.journal.get_head(story.id)).error

    assert asyncio.run(work()) == "a\ufffdb"


def test_a_unit_that_makes_no_sense_harms_none_of_its_batch(open_lab):
    store = open_lab()

    async def work():
        *stories, bad = [await Story(store).begin() for _ in range(5)]
        appends = [asyncio.ensure_future(one.step(1)) for one in stories[:2]]
        await asyncio.sleep(0)
        odd = ["append", bad.id, 1, [[bad.id, 2, "e", "soon", *[""] * 10]], None, [], [], None]
        units = (b'["append", 1]', b'["nothing"]', json.dumps(odd).encode())
        nonsense = [store._writer.submit(unit) for unit in units]
        appends += [asyncio.ensure_future(one.step(1)) for one in stories[2:]]
        await asyncio.gather(*appends)
        refused = await asyncio.gather(*nonsense, return_exceptions=True)
        counts = [len(await store.journal.read(one.id)) for one in stories]
        return counts, [type(error) for error in refused]

    counts, refused = asyncio.run(work())
    assert counts == [3, 3, 3, 3]
    assert refused == [StoreError] * 3


def test_a_database_whose_tables_are_gone_refuses_and_does_not_hang(open_lab, target):
    store = open_lab()
    with psycopg.connect(target.url, autocommit=True) as database:
        database.execute(f"drop schema {target.schema} cascade")

    with pytest.raises(StoreError):
        asyncio.run(tell_one(store))
    with pytest.raises(StoreError):
        store.history.rows("select 1")


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_who_keeps_house_goes_on_after_the_database_was_away_for_long(open_lab, postgres):
    store = open_lab()
    plan = HousekeepingPlan(every=0.1, seal_rows=1)

    async def work():
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(store.keep_house(plan))
            await asyncio.to_thread(postgres.kill)
            try:
                with pytest.raises(StoreUnavailableError):
                    await tell_one(store)
            finally:
                await asyncio.to_thread(postgres.start)
            await tell_one(store)
            while not any(store.layout.segments.iterdir()):
                await asyncio.sleep(0.1)
            keeping.cancel()

    asyncio.run(work())
