"""Parked visits that an answer goes on with."""

import asyncio
import json
from typing import Any

import pytest

from flowforge_lab.engine import Wait
from flowforge_lab.errors import StoreError
from flowforge_lab.events import (
    Entry,
    ErrorDetail,
    Event,
    VisitCancelled,
    VisitFailed,
    VisitResumed,
    VisitSucceeded,
)
from flowforge_lab.ids import new_id

from .rig import (
    AT,
    FINISHED,
    RUNNING,
    Rig,
    ask,
    claim,
    finished,
    new_execution,
    parked,
    scenario,
    start,
    visit,
)

ENDS: tuple[Event, ...] = (
    VisitResumed(1, "ask"),
    VisitCancelled(1, "ask", "flow.wait", AT, 1.0),
    VisitSucceeded(1, "ask", "flow.wait", "out", None, AT, 1.0),
    VisitFailed(1, "ask", "flow.wait", ErrorDetail("x", "X"), AT, 1.0),
)


async def answers(rig: Rig, execution_id: str) -> list[Any]:
    """Take over a waiting execution and return the answers that came for it."""
    lease = await claim(rig.first, execution_id)
    assert lease is not None
    signals = await rig.first.renew([lease])
    return [json.loads(signal.payload) for signal in signals if signal.kind == "answer"]


class WaitContract:
    """Each wait gets one answer, and each answer one wait."""

    @scenario
    async def test_a_parked_visit_waits_under_each_of_its_keys(self, rig: Rig) -> None:
        new = new_execution()
        await ask(rig.first, new, "chat:7", "mail:9", terms={"max": 3}, until=AT + 5)

        found = await rig.second.find_waits(execution_id=new.id)

        assert found == [
            Wait("chat:7", new.id, 1, {"max": 3}, AT + 5),
            Wait("mail:9", new.id, 1, {"max": 3}, AT + 5),
        ]
        assert await rig.second.find_waits(key="mail:9") == found[1:]
        assert await rig.second.find_waits(prefix="chat:") == found[:1]
        assert await rig.second.find_waits(key="chat:") == []

    @scenario
    async def test_an_answer_wakes_the_execution_and_takes_the_wait_away(self, rig: Rig) -> None:
        new = new_execution()
        await ask(rig.first, new, "chat:7")

        execution_id = await rig.second.answer("chat:7", '{"text": "žluť"}')

        assert execution_id == new.id
        assert [item.reason for item in await rig.second.due(AT)] == ["woken"]
        assert await rig.second.find_waits(key="chat:7") == []
        assert await answers(rig, new.id) == [
            {"visit": 1, "key": "chat:7", "answer": {"text": "žluť"}}
        ]

    @scenario
    async def test_an_answer_nobody_waits_for_finds_nobody(self, rig: Rig) -> None:
        await ask(rig.first, new_execution(), "chat:7")

        assert await rig.second.answer("chat:70", "1") is None
        assert await rig.second.answer("", "1") is None

    @scenario
    async def test_of_two_answers_at_once_one_wins(self, rig: Rig) -> None:
        new = new_execution()
        await ask(rig.first, new, "chat:7")

        found = await asyncio.gather(
            *(client.answer("chat:7", "1") for client in (rig.first, rig.second) * 5)
        )

        assert (found.count(new.id), found.count(None)) == (1, 9)
        assert len(await answers(rig, new.id)) == 1

    @scenario
    async def test_the_oldest_of_those_who_wait_gets_the_answer(self, rig: Rig) -> None:
        news = [new_execution() for _ in range(3)]
        for new in news:
            await ask(rig.first, new, "chat:7")

        found = [await rig.second.answer("chat:7", "1") for _ in range(4)]

        assert found == [*(new.id for new in news), None]

    @scenario
    async def test_an_answer_comes_also_while_it_still_runs(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.first.append(lease, [parked(new.id, 2, "chat:7")])

        await rig.second.answer("chat:7", '"now"')

        [signal] = await rig.first.renew([lease])
        assert json.loads(signal.payload)["answer"] == "now"

    @scenario
    async def test_refuses_an_answer_that_is_no_json(self, rig: Rig) -> None:
        new = new_execution()
        await ask(rig.first, new, "chat:7")

        with pytest.raises(StoreError):
            await rig.second.answer("chat:7", "{cut off")

        assert len(await rig.second.find_waits(key="chat:7")) == 1

    @scenario
    async def test_whatever_goes_on_with_a_visit_ends_its_waits_only(self, rig: Rig) -> None:
        for event in ENDS:
            new = new_execution()
            lease = await start(rig.first, new)
            both = [parked(new.id, 2, "a", "b"), parked(new.id, 3, "c", number=2)]
            await rig.first.append(lease, both)
            await rig.first.append(lease, [Entry(new.id, 4, new_id(), AT, event)])

            found = await rig.second.find_waits(execution_id=new.id)

            assert [(wait.key, wait.visit) for wait in found] == [("c", 2)], event

    @scenario
    async def test_what_parks_and_goes_on_in_one_append_waits_for_nothing(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        over = Entry(new.id, 3, new_id(), AT, ENDS[0])

        await rig.first.append(lease, [parked(new.id, 2, "a"), over, parked(new.id, 4, "b")])

        found = await rig.second.find_waits(execution_id=new.id)
        assert [wait.key for wait in found] == ["b"]

    @scenario
    async def test_a_visit_that_parks_again_waits_for_the_new_keys(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.first.append(lease, [parked(new.id, 2, "a", "b")])
        await rig.first.append(lease, [parked(new.id, 3, "b", "c", "c", terms={"try": 2})])

        found = await rig.second.find_waits(execution_id=new.id)

        assert [(wait.key, wait.terms) for wait in found] == [
            ("b", {"try": 2}),
            ("c", {"try": 2}),
        ]

    @scenario
    async def test_an_execution_that_was_taken_over_still_ends_its_waits(self, rig: Rig) -> None:
        new = new_execution()
        await ask(rig.first, new, "a")
        lease = await claim(rig.second, new.id)
        assert lease is not None

        await rig.second.append(lease, [Entry(new.id, 3, new_id(), AT, ENDS[0])])

        assert await rig.second.find_waits(execution_id=new.id) == []

    @scenario
    async def test_an_execution_that_is_over_waits_for_nothing(self, rig: Rig) -> None:
        new, other = new_execution(), new_execution()
        lease = await start(rig.first, new)
        await ask(rig.first, other, "a")
        await rig.first.append(lease, [parked(new.id, 2, "a", "b")])
        await rig.first.append(lease, [finished(new, 3)], FINISHED)

        assert [wait.execution_id for wait in await rig.second.find_waits()] == [other.id]
        assert await rig.second.answer("a", "1") == other.id

    @scenario
    async def test_an_append_that_is_sent_again_adds_no_wait(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        entry = parked(new.id, 2, "a")
        await rig.first.append(lease, [entry])
        await rig.second.answer("a", "1")

        await rig.first.append(lease, [entry])
        await rig.first.append(lease, [visit(new.id, 3)], RUNNING)

        assert await rig.second.find_waits() == []
