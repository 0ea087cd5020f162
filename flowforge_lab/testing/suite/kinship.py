"""Parents, children, whoever waits for an end, and executions that failed."""

import asyncio
import json
from typing import Any

from flowforge_lab.engine import Head, Lease, NewExecution

from .rig import (
    AT,
    FINISHED,
    PAUSED,
    RUNNING,
    WAITING,
    Rig,
    ask,
    begin,
    claim,
    end,
    finished,
    new_execution,
    parked,
    scenario,
    start,
)

FAILED = Head("failed", finished_at=AT + 7, error="no disk")
CANCELLED = Head("cancelled", finished_at=AT)


async def signals_of(rig: Rig, lease: Lease) -> list[tuple[str, Any]]:
    """Return what was left for an execution the first client holds."""
    return [(signal.kind, signal.payload) for signal in await rig.first.renew([lease])]


async def failed(rig: Rig, **facts: Any) -> NewExecution:
    """Return an execution that has failed."""
    new = new_execution(**facts)
    await end(rig.first, await start(rig.first, new), FAILED)
    return new


class KinshipContract:
    """What the end of one execution means to others."""

    @scenario
    async def test_whoever_waits_for_an_execution_is_told_its_end(self, rig: Rig) -> None:
        child, one, other = new_execution(), new_execution(), new_execution()
        lease = await start(rig.first, child)
        for new in (one, other):
            await ask(rig.first, new, f"execution:{child.id}")
        await end(rig.first, lease, FAILED)

        due = [item.execution_id for item in await rig.second.due(AT)]
        taken = [await claim(rig.first, new.id) for new in (one, other)]
        told = [signal.payload for signal in await rig.first.renew([t for t in taken if t])]

        assert due == [one.id, other.id]
        assert [json.loads(payload) for payload in told] == [
            {
                "visit": 1,
                "key": f"execution:{child.id}",
                "answer": {"status": "failed", "execution_id": child.id},
            }
        ] * 2
        assert await rig.second.find_waits(prefix="execution:") == []

    @scenario
    async def test_whoever_waits_for_an_end_that_was_is_told_at_once(self, rig: Rig) -> None:
        child, new = new_execution(), new_execution()
        await end(rig.first, await start(rig.first, child))
        await ask(rig.first, new, f"execution:{child.id}")

        assert [item.execution_id for item in await rig.second.due(AT)] == [new.id]
        assert await rig.second.find_waits(execution_id=new.id) == []

    @scenario
    async def test_an_end_and_a_wait_for_it_at_the_same_time_find_each_other(
        self, rig: Rig
    ) -> None:
        for turn in range(6):
            child, new = new_execution(), new_execution()
            lease, waiting = await start(rig.first, child), await start(rig.first, new)
            entry = parked(new.id, 2, f"execution:{child.id}")
            appends = [(lease, finished(child, 2), FINISHED), (waiting, entry, WAITING)]
            if turn % 2:
                appends.reverse()
            futures = [rig.first.append(held, [one], head) for held, one, head in appends]
            await asyncio.gather(*futures)

            assert new.id in [item.execution_id for item in await rig.second.due(AT)]

    @scenario
    async def test_the_end_of_a_parent_cancels_the_children_it_awaited(self, rig: Rig) -> None:
        parent = new_execution()
        awaited = new_execution(parent=parent.id, is_awaited=True)
        free = new_execution(parent=parent.id)
        lease = await start(rig.first, parent)
        leases = [await start(rig.first, new) for new in (awaited, free)]

        await end(rig.first, lease, CANCELLED)

        assert [kind for kind, _ in await signals_of(rig, leases[0])] == ["cancel"]
        assert await signals_of(rig, leases[1]) == []

    @scenario
    async def test_a_parked_paused_or_queued_child_is_due_to_be_cancelled(self, rig: Rig) -> None:
        parent = new_execution()
        kin: dict[str, Any] = {"parent": parent.id, "is_awaited": True}
        waiting, paused, queued, over = (new_execution(**kin) for _ in range(4))
        lease = await start(rig.first, parent)
        await ask(rig.first, waiting, "chat:7")
        await rig.first.append(await start(rig.first, paused), [], PAUSED)
        await begin(rig.first, queued, Head("queued"))
        await end(rig.first, await start(rig.first, over))

        await end(rig.first, lease)

        due = {item.execution_id: item.reason for item in await rig.second.due(AT)}
        assert due == dict.fromkeys((waiting.id, paused.id, queued.id), "woken")

    @scenario
    async def test_a_child_that_comes_after_its_parents_end_is_cancelled(self, rig: Rig) -> None:
        parent = new_execution()
        await end(rig.first, await start(rig.first, parent))

        lease = await start(rig.first, new_execution(parent=parent.id, is_awaited=True))

        assert [kind for kind, _ in await signals_of(rig, lease)] == ["cancel"]

    @scenario
    async def test_lists_children_and_tells_what_a_head_is_kin_to(self, rig: Rig) -> None:
        parent = new_execution()
        facts: dict[str, Any] = {"parent": parent.id, "origin": "o", "priority": 4}
        children = [new_execution(**facts, slot="s", max_in_slot=9) for _ in range(2)]
        for new in (parent, *children):
            await begin(rig.first, new)

        found = await rig.second.children_of(parent.id)

        assert [head.id for head in found] == [new.id for new in children]
        assert [(head.parent, head.origin, head.priority, head.slot) for head in found] == [
            (parent.id, "o", 4, "s")
        ] * 2
        assert await rig.second.children_of("") == []
        assert await rig.second.children_of(children[0].id) == []

    @scenario
    async def test_a_failed_execution_is_a_dead_letter(self, rig: Rig) -> None:
        new = await failed(rig)
        for head in (FINISHED, CANCELLED):
            await end(rig.first, await start(rig.first, new_execution()), head)

        [letter] = await rig.second.list_dead_letters()

        assert (letter.execution_id, letter.workflow_id) == (new.id, new.workflow_id)
        assert (letter.failed_at, letter.error, letter.status) == (AT + 7, "no disk", "open")

    @scenario
    async def test_what_failed_before_it_began_is_a_dead_letter_too(self, rig: Rig) -> None:
        new = new_execution()
        await begin(rig.first, new, FAILED)

        assert [one.execution_id for one in await rig.second.list_dead_letters()] == [new.id]
        assert await claim(rig.second, new.id) is None
        assert await rig.second.due(AT) == []

    @scenario
    async def test_lists_dead_letters_newest_first_in_pages_by_workflow(self, rig: Rig) -> None:
        news = [await failed(rig, workflow_id=name) for name in ("a", "b", "a", "a")]
        ids = [new.id for new in reversed(news)]

        page = await rig.second.list_dead_letters(limit=2)
        rest = await rig.second.list_dead_letters(before=page[-1].execution_id)
        of_b = await rig.second.list_dead_letters(workflow_id="b")

        assert [letter.execution_id for letter in [*page, *rest]] == ids
        assert [letter.execution_id for letter in of_b] == [news[1].id]

    @scenario
    async def test_a_retry_takes_a_dead_letter_off_the_list(self, rig: Rig) -> None:
        one, other = await failed(rig), await failed(rig)

        lease = await start(rig.second, new_execution(origin=one.id))

        letters = await rig.second.list_dead_letters()
        assert [letter.execution_id for letter in letters] == [other.id]
        await end(rig.second, lease, FAILED)
        letters = await rig.second.list_dead_letters()
        assert [letter.execution_id for letter in letters] == [lease.execution_id, other.id]

    @scenario
    async def test_a_retry_in_the_breath_of_the_failure_is_one(self, rig: Rig) -> None:
        for _ in range(6):
            new = new_execution()
            retry = new_execution(origin=new.id)
            lease = await start(rig.first, new)

            failing = rig.first.append(lease, [], FAILED)
            await begin(rig.first, retry)
            await failing

            assert await rig.second.list_dead_letters() == []

    @scenario
    async def test_a_retry_that_was_not_admitted_leaves_the_dead_letter(self, rig: Rig) -> None:
        one = await failed(rig)
        await start(rig.first, new_execution(slot="s", max_in_slot=1))

        refused = new_execution(origin=one.id, slot="s", max_in_slot=1, on_limit="fail")

        assert await begin(rig.first, refused, RUNNING) == "refused"
        assert len(await rig.second.list_dead_letters()) == 1

    @scenario
    async def test_dismisses_dead_letters_once(self, rig: Rig) -> None:
        one, other, left = [await failed(rig) for _ in range(3)]
        ids = [one.id, other.id, "nobody"]

        dismissed = await rig.second.dismiss(ids, by="ann", reason="known")

        assert dismissed == [one.id, other.id]
        assert await rig.first.dismiss(ids) == []
        letters = await rig.first.list_dead_letters()
        assert [letter.execution_id for letter in letters] == [left.id]
