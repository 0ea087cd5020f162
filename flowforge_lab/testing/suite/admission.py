"""Who may start, who queues, and whose turn it is."""

import asyncio
from typing import Any

from flowforge_lab.engine import Admission, Head, NewExecution

from .rig import AT, RUNNING, Rig, begin, claim, end, new_execution, scenario, start, started

QUEUED = Head("queued")


def in_slot(workflow_id: str = "greet", **facts: Any) -> NewExecution:
    """Return an execution of a slot that has room for one."""
    return new_execution(workflow_id, **{"slot": "chat-7", "max_in_slot": 1} | facts)


async def turns(rig: Rig, limit: int = 100) -> list[str]:
    """Return the queued executions that are due."""
    return [item.execution_id for item in await rig.second.due(AT, limit)]


class AdmissionContract:
    """Keys, slots, priority and fairness."""

    @scenario
    async def test_a_key_is_free_again_after_its_window(self, rig: Rig) -> None:
        one = new_execution(key="cron-1", key_until=AT + 50)
        within = new_execution(key="cron-1", key_until=AT + 99, created_at=AT + 49)
        after = new_execution(key="cron-1", key_until=AT + 100, created_at=AT + 50)
        await start(rig.first, one)

        known = await rig.second.start(within, [started(within)], RUNNING)

        assert (known.status, known.execution_id) == ("known", one.id)
        assert await begin(rig.second, after) == "running"
        again = await rig.first.start(within, [started(within)], RUNNING)
        assert again == Admission("known", after.id)

    @scenario
    async def test_a_key_with_a_mark_is_told_apart_by_the_mark_and_shown_as_it_is(
        self, rig: Rig
    ) -> None:
        one = new_execution(key="july", mark="start:one:july")
        other = new_execution(key="july", mark="start:other:july")
        again = new_execution(key="july", mark="start:one:july")
        await start(rig.first, one)

        assert await begin(rig.second, other) == "running"
        known = await rig.second.start(again, [started(again)], RUNNING)
        assert known == Admission("known", one.id)
        head = await rig.first.find_head(other.id)
        assert head is not None
        assert head.key == "july"

    @scenario
    async def test_of_many_starts_with_one_key_one_wins(self, rig: Rig) -> None:
        clients = [rig.first, rig.second] * 10
        news = [new_execution(key="mail-9") for _ in clients]

        statuses = await asyncio.gather(
            *(begin(client, new) for client, new in zip(clients, news, strict=True))
        )

        assert sorted(statuses) == ["known"] * 19 + ["running"]

    @scenario
    async def test_a_full_slot_lets_the_next_ones_queue(self, rig: Rig) -> None:
        one, two, other = in_slot(), in_slot(), in_slot(slot="chat-8")
        await start(rig.first, one)

        admission = await rig.second.start(two, [started(two)], RUNNING)

        assert admission == Admission("queued", two.id)
        assert await begin(rig.second, other) == "running"
        assert await turns(rig) == []
        assert await claim(rig.second, two.id) is None
        assert len(await rig.second.read(two.id)) == 1

    @scenario
    async def test_the_next_one_has_its_turn_when_the_slot_has_room(self, rig: Rig) -> None:
        one, two, three = in_slot(), in_slot(), in_slot()
        lease = await start(rig.first, one)
        for new in (two, three):
            await begin(rig.first, new)
        await end(rig.first, lease)

        assert await turns(rig) == [two.id]
        assert await claim(rig.second, three.id) is None, "it is not its turn"
        assert await claim(rig.second, two.id) is not None
        assert await turns(rig) == []

    @scenario
    async def test_whoever_waits_or_is_paused_keeps_the_place(self, rig: Rig) -> None:
        one, two, three = (in_slot(max_in_slot=2) for _ in range(3))
        leases = [await start(rig.first, new) for new in (one, two)]
        await begin(rig.first, three)
        await rig.first.append(leases[0], [], Head("waiting", wake_at=AT + 10**12))
        await rig.first.append(leases[1], [], Head("paused"))

        assert await turns(rig) == []
        assert await claim(rig.second, three.id) is None

    @scenario
    async def test_nobody_overtakes_those_who_queue_in_a_slot(self, rig: Rig) -> None:
        one, two, late = in_slot(), in_slot(), in_slot()
        lease = await start(rig.first, one)
        await begin(rig.first, two)
        await end(rig.first, lease)

        assert await begin(rig.first, late) == "queued"
        assert await turns(rig) == [two.id]

    @scenario
    async def test_a_full_slot_drops_or_refuses_and_stores_nothing(self, rig: Rig) -> None:
        await start(rig.first, in_slot())
        dropped = in_slot(on_limit="drop", key="k1")
        refused = in_slot(on_limit="fail", key="k2")

        assert await begin(rig.second, dropped) == "dropped"
        assert await begin(rig.second, refused) == "refused"
        assert await rig.second.find_head(dropped.id) is None
        assert await rig.second.read(refused.id) == []
        assert await begin(rig.second, new_execution(key="k1")) == "running", "the key is free"

    @scenario
    async def test_replacing_asks_the_oldest_to_cancel_and_queues(self, rig: Rig) -> None:
        one, two = in_slot(), in_slot(on_limit="replace")
        lease = await start(rig.first, one)

        assert await begin(rig.second, two) == "queued"
        [signal] = await rig.first.renew([lease])
        assert (signal.execution_id, signal.kind) == (one.id, "cancel")
        await end(rig.first, lease, Head("cancelled", finished_at=AT))
        assert await claim(rig.second, two.id) is not None

    @scenario
    async def test_of_many_replacements_the_last_one_is_left(self, rig: Rig) -> None:
        one, two, last = in_slot(), in_slot(on_limit="replace"), in_slot(on_limit="replace")
        lease = await start(rig.first, one)
        await begin(rig.first, two)
        await begin(rig.first, last)

        [woken] = await rig.second.due(AT)
        middle = await claim(rig.second, two.id)

        assert (woken.execution_id, woken.reason) == (two.id, "woken")
        assert middle is not None, "to be cancelled it needs no room"
        assert [item.kind for item in await rig.second.renew([middle])] == ["cancel"]
        assert len(await rig.first.renew([lease])) == 1, "it is asked once"
        assert await claim(rig.second, last.id) is None

    @scenario
    async def test_a_queued_execution_can_be_cancelled_while_its_slot_is_full(
        self, rig: Rig
    ) -> None:
        await start(rig.first, in_slot())
        queued = in_slot()
        await begin(rig.first, queued)
        await rig.first.signal(queued.id, "pause")

        assert await rig.second.due(AT) == [], "any other wish waits for its turn"
        await rig.first.signal(queued.id, "cancel")
        assert [item.reason for item in await rig.second.due(AT)] == ["woken"]
        assert await claim(rig.second, queued.id) is not None

    @scenario
    async def test_one_that_is_to_be_cancelled_stands_in_nobodys_way(self, rig: Rig) -> None:
        lease = await start(rig.first, in_slot())
        cancelled, other = in_slot(), in_slot()
        for new in (cancelled, other):
            await begin(rig.first, new)
        await rig.first.signal(cancelled.id, "cancel")
        await end(rig.first, lease)

        due = [(item.execution_id, item.reason) for item in await rig.second.due(AT)]

        assert due == [(cancelled.id, "woken"), (other.id, "queued")]
        assert await claim(rig.second, other.id) is not None

    @scenario
    async def test_two_who_claim_the_last_place_do_not_both_get_it(self, rig: Rig) -> None:
        news = [in_slot(max_in_slot=3) for _ in range(8)]
        for new in news:
            await begin(rig.first, new, QUEUED)

        leases = await asyncio.gather(
            *(claim(client, new.id) for new in news for client in (rig.first, rig.second))
        )

        taken = [lease.execution_id for lease in leases if lease is not None]
        assert taken == [new.id for new in news[:3]]

    @scenario
    async def test_many_starts_at_once_never_overfill_a_slot(self, rig: Rig) -> None:
        clients = [rig.first, rig.second] * 10
        news = [in_slot(max_in_slot=3) for _ in clients]

        statuses = await asyncio.gather(
            *(begin(client, new) for client, new in zip(clients, news, strict=True))
        )

        assert sorted(statuses) == ["queued"] * 17 + ["running"] * 3

    @scenario
    async def test_the_higher_priority_comes_first_and_in_it_every_workflow_in_turn(
        self, rig: Rig
    ) -> None:
        named = [("a", 0), ("a", 0), ("a", 0), ("b", 0), ("c", 5), ("a", 5), ("b", 0)]
        news = [new_execution(name, priority=priority) for name, priority in named]
        for new in news:
            await begin(rig.first, new, QUEUED)

        found = await turns(rig)

        assert found == [news[index].id for index in (4, 5, 0, 3, 1, 6, 2)]
        assert await turns(rig, limit=2) == found[:2]

    @scenario
    async def test_a_higher_priority_has_the_first_turn_in_its_slot(self, rig: Rig) -> None:
        lease = await start(rig.first, in_slot())
        low, high = in_slot(), in_slot(priority=3)
        await begin(rig.first, low)
        await begin(rig.first, high)
        await end(rig.first, lease)

        assert await turns(rig) == [high.id]
        assert await claim(rig.second, low.id) is None

    @scenario
    async def test_a_start_that_is_sent_again_is_still_queued(self, rig: Rig) -> None:
        await start(rig.first, in_slot())
        new = in_slot(key="once")
        entries = [started(new)]

        first = await rig.first.start(new, entries, RUNNING)

        assert await rig.first.start(new, entries, RUNNING) == first
        assert first == Admission("queued", new.id)
