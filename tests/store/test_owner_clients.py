"""Clients of an owner: leases, waits, signals and slots, also when one of the two is killed."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from flowforge_lab.engine import Head
from flowforge_lab.errors import (
    LeaseLostError,
    StoreUnavailableError,
)
from flowforge_lab.events import VisitParked, VisitResumed
from flowforge_lab.store import Terms
from flowforge_lab.store.units import once_unit
from flowforge_lab.testing.suite import claim
from tests.patience import wait_for
from tests.store.owners import owner_pid

from .conftest import QUICK
from .rows import AT, RUNNING, Story, tell_one


@pytest.mark.slow
def test_leases_of_a_killed_client_are_free_after_a_short_grace(open_lab, folder):
    store = open_lab()
    script = f"""
import asyncio, sys
from pathlib import Path
from flowforge_lab.clock import SystemClock
from flowforge_lab.store import open_store
from tests.store.rows import Story
store = open_store(Path({str(folder)!r}), clock=SystemClock())
async def main():
    story = await Story(store).begin()
    print(story.id, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    client = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with client:
        execution_id = client.stdout.readline().strip()
        assert asyncio.run(claim(store.journal, execution_id)) is None
        client.kill()
    wait_for(lambda: asyncio.run(store.journal.due(AT)))

    assert asyncio.run(claim(store.journal, execution_id)).epoch == 2


TAKER = """
import asyncio, sys
from pathlib import Path
from flowforge_lab.clock import SystemClock
from flowforge_lab.store import open_store
from tests.store.rows import RUNNING, Story
store = open_store(Path(sys.argv[1]), clock=SystemClock())
async def main():
    story = await Story(store).begin()
    print(story.id, flush=True)
    while not (signals := await store.journal.renew([story.lease])):
        await asyncio.sleep(0.01)
    taken = [signals[0].id] if sys.argv[2] == "takes" else []
    await store.journal.append(story.lease, [], RUNNING, taken=taken)
    print("seen", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("habit", "expected"), [("looks", ["cancel"]), ("takes", [])])
def test_a_signal_survives_an_engine_killed_before_it_took_it(open_lab, folder, habit, expected):
    journal = open_lab().journal
    command = [sys.executable, "-c", TAKER, str(folder), habit]

    async def go_on(execution_id: str) -> list[str]:
        lease = await claim(journal, execution_id)
        return [signal.kind for signal in await journal.renew([lease])]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        execution_id = engine.stdout.readline().strip()
        assert asyncio.run(journal.signal(execution_id, "cancel"))
        assert engine.stdout.readline() == "seen\n"
        engine.kill()
    wait_for(lambda: asyncio.run(journal.due(AT)))

    assert asyncio.run(go_on(execution_id)) == expected


def test_an_execution_that_is_over_leaves_nothing_in_the_journal(open_lab):
    store = open_lab()

    async def work():
        story, other = await Story(store).begin(), await Story(store).begin()
        await other.tell(VisitParked(1, "ask", keys=(f"execution:{story.id}",)))
        await story.tell(VisitParked(1, "ask", keys=("chat:7",)))
        await store.journal.signal(story.id, "cancel")
        await story.end()
        await other.end()
        return await store.journal.find_waits()

    assert asyncio.run(work()) == []
    [[_events, _executions, living, signals, _segments]] = store._reader.ask(
        "counts", {}, kind=list
    )
    assert (living, signals) == (0, 0)


def test_an_answer_that_is_sent_again_is_given_once(open_lab):
    store = open_lab()
    unit = once_unit("answer", "chat:7", '"yes"')

    async def work():
        stories = [await Story(store).begin() for _ in range(2)]
        for story in stories:
            await story.tell(VisitParked(1, "ask", keys=("chat:7",)), head=Head("waiting"))
        found = [await store._writer.submit(unit) for _ in range(3)]
        return stories[0].id, found, await store.journal.find_waits(key="chat:7")

    first, found, left = asyncio.run(work())
    assert found == [first] * 3
    assert len(left) == 1


@pytest.mark.slow
def test_waits_and_slots_survive_the_owner(open_lab, folder):
    store = open_lab()
    facts = {"slot": "s", "max_in_slot": 1}

    async def begin() -> list[str]:
        running, queued = await Story(store, **facts).begin(), Story(store, **facts)
        await running.tell(VisitParked(1, "ask", keys=("chat:7",)))
        admission = await store.journal.start(queued.new, [], RUNNING)
        assert admission.status == "queued"
        return [running, queued]

    async def go_on() -> None:
        assert await claim(store.journal, queued.id) is None
        await running.tell(VisitResumed(1, "ask"))
        assert await store.journal.find_waits() == []
        await running.end()
        assert await claim(store.journal, queued.id) is not None

    running, queued = asyncio.run(begin())
    os.kill(owner_pid(folder), signal.SIGKILL)
    asyncio.run(go_on())


@pytest.mark.slow
def test_a_holder_keeps_its_lease_when_only_the_owner_died(open_lab, folder):
    holder, other = open_lab(), open_lab()
    story = asyncio.run(Story(holder).begin())

    os.kill(owner_pid(folder), signal.SIGKILL)
    time.sleep(1.5 * QUICK.comeback)

    assert asyncio.run(claim(other.journal, story.id)) is None
    asyncio.run(story.step(1))


@pytest.mark.slow
def test_a_lease_that_is_not_renewed_ends(open_lab):
    terms = Terms(linger=0.3, lease=0.3)
    holder, other = open_lab(terms=terms), open_lab(terms=terms)
    story = asyncio.run(Story(holder).begin())
    assert asyncio.run(claim(other.journal, story.id)) is None

    wait_for(lambda: asyncio.run(claim(other.journal, story.id)))

    with pytest.raises(LeaseLostError):
        asyncio.run(story.step(1))


@pytest.mark.slow
def test_a_renewed_lease_goes_on(open_lab):
    terms = Terms(linger=0.3, lease=0.6)
    holder, other = open_lab(terms=terms), open_lab(terms=terms)
    story = asyncio.run(Story(holder).begin())

    for _ in range(10):
        time.sleep(0.1)
        asyncio.run(holder.journal.renew([story.lease]))

    assert asyncio.run(claim(other.journal, story.id)) is None


def test_a_closed_store_says_so(open_lab):
    store = open_lab()
    store.close()

    with pytest.raises(StoreUnavailableError, match="closed"):
        asyncio.run(tell_one(store))


def test_a_thread_that_asks_while_its_store_closes_leaves_no_conversation_open(open_lab):
    store = open_lab()
    asked, closed, said = threading.Event(), threading.Event(), []

    def ask():
        store._reader.ask("meta", {}, kind=list)
        asked.set()
        closed.wait(10)
        with pytest.raises(StoreUnavailableError) as refusal:
            store._reader.ask("meta", {}, kind=list)
        said.append(str(refusal.value))

    sweeper = threading.Thread(target=ask)
    sweeper.start()
    asked.wait(10)
    store.close()
    closed.set()
    sweeper.join(10)

    assert said == ["the lab was closed meanwhile"]


def test_what_was_queued_before_closing_is_written(open_lab):
    store = open_lab()

    async def work() -> str:
        story = await Story(store).begin()
        entries = [story.entry(event) for event in ()]
        future = store.journal.append(story.lease, entries, None)
        await asyncio.to_thread(store.close)
        await future
        return story.id

    assert len(asyncio.run(open_lab().journal.read(asyncio.run(work())))) == 1
