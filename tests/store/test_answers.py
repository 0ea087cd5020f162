"""What a chat brings: an answer that counts once, waits under several keys, who is about to ask."""

import asyncio

import pytest

from flowforge_lab.engine import Head
from flowforge_lab.events import VisitParked

from .conftest import BOTH
from .rows import AT, Story

KEEPERS = BOTH
MARK = ("telegram:shop:17", AT, AT + 10**9)


@pytest.fixture
def store(open_lab):
    return open_lab()


async def waiting(store, *keys, **facts):
    story = await Story(store, **facts).begin()
    await story.tell(VisitParked(1, "ask", keys=keys), head=Head("waiting"))
    return story.id


def test_an_update_that_comes_again_answers_nothing_more(store):
    async def work():
        first, _second = await waiting(store, "chat:7"), await waiting(store, "chat:7")
        found = [await store.journal.answer("chat:7", "1", mark=MARK) for _ in range(3)]
        left = await store.journal.find_waits(key="chat:7")
        return found == [first] * 3, len(left)

    assert asyncio.run(work()) == (True, 1)


@pytest.mark.slow
def test_an_update_that_two_machines_bring_at_once_answers_once(store, open_lab):
    other = open_lab()

    async def one_pair(number):
        mark = (f"telegram:shop:{number}", AT, AT + 10**9)
        for key in ("chat:7", "chat:8"):
            await waiting(store, key)
        found = await asyncio.gather(
            store.journal.answer("chat:7", "1", mark=mark),
            other.journal.answer("chat:8", "1", mark=mark),
        )
        return len(set(found)), len(await store.journal.find_waits(prefix="chat:"))

    async def work():
        return [await one_pair(number) for number in range(20)]

    assert asyncio.run(work()) == [(1, number) for number in range(1, 21)]


def test_an_update_that_started_an_execution_answers_nothing(store):
    async def work():
        started = await Story(store, key=MARK[0], key_until=MARK[2]).begin()
        await waiting(store, "chat:7")
        found = await store.journal.answer("chat:7", "1", mark=MARK)
        return found == started.id, len(await store.journal.find_waits(key="chat:7"))

    assert asyncio.run(work()) == (True, 1)


def test_an_update_that_answered_starts_no_execution(store):
    async def work():
        answered = await waiting(store, "chat:7")
        await store.journal.answer("chat:7", "1", mark=MARK)
        story = Story(store, key=MARK[0], key_until=MARK[2])
        event = story.entry(VisitParked(1, "ask"))
        admission = await store.journal.start(story.new, [event], Head("running"))
        return admission.status, admission.execution_id == answered

    assert asyncio.run(work()) == ("known", True)


def test_an_update_that_nobody_waited_for_may_be_answered_later(store):
    async def work():
        none = await store.journal.answer("chat:7", "1", mark=MARK)
        execution_id = await waiting(store, "chat:7")
        return none, await store.journal.answer("chat:7", "1", mark=MARK) == execution_id

    assert asyncio.run(work()) == (None, True)


def test_waits_under_several_keys_come_key_by_key_the_oldest_first(store):
    async def work():
        made = [await waiting(store, key) for key in ("b", "a", "b", "c")]
        found = await store.journal.find_waits(keys=["b", "a", "nobody's"])
        return [made.index(wait.execution_id) for wait in found]

    assert asyncio.run(work()) == [1, 0, 2]


@pytest.mark.parametrize(
    ("head", "is_found"),
    [
        (Head("running"), True),
        (Head("waiting"), False),
        (Head("waiting", wake_at=AT - 1), True),
        (Head("waiting", wake_at=AT + 1), False),
        (Head("paused"), False),
        (Head("succeeded", finished_at=AT), False),
    ],
)
def test_who_is_about_to_ask_in_a_chat_is_found(store, head, is_found):
    chat = {"chat": "shop:7", "session": "s", "user": "501"}

    async def work():
        for facts in ({}, {"chat": "shop:8"}, {"session": "t"}, {"user": "502"}):
            story = await Story(store, **(chat | facts)).begin()
            await story.tell(head=Head("running") if facts else head)
        found = await store.journal.find_moving(**chat, now_us=AT)
        return found and (found.chat, found.session, found.user)

    assert asyncio.run(work()) == (("shop:7", "s", "501") if is_found else None)
