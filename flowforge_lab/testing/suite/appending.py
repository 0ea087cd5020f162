"""Entries, leases and heads."""

import asyncio

import pytest

from flowforge_lab.engine import Head
from flowforge_lab.errors import LeaseLostError, StoreError
from flowforge_lab.events import Entry, ExecutionMigrated
from flowforge_lab.ids import new_id

from .rig import (
    AT,
    FINISHED,
    RUNNING,
    Rig,
    claim,
    finished,
    new_execution,
    scenario,
    start,
    started,
    visit,
)


class AppendingContract:
    """What is appended is there, in order, by one client at a time."""

    @scenario
    async def test_gives_back_what_was_appended_in_order(self, rig: Rig) -> None:
        new = new_execution()
        entries = [started(new), visit(new.id, 2), visit(new.id, 3)]

        lease = (await rig.first.start(new, entries[:1], RUNNING)).lease
        assert lease is not None
        await asyncio.gather(*(rig.first.append(lease, [entry]) for entry in entries[1:]))

        assert await rig.second.read(new.id) == entries

    @scenario
    async def test_knows_no_entries_of_an_execution_that_never_was(self, rig: Rig) -> None:
        assert await rig.first.read(new_id()) == []
        assert await rig.first.find_head(new_id()) is None
        assert await claim(rig.first, new_id()) is None

    @scenario
    async def test_takes_a_trigger_key_once(self, rig: Rig) -> None:
        one, other = new_execution(key="mail-1"), new_execution(key="mail-1")
        await start(rig.first, one)

        again = await rig.second.start(other, [started(other)], RUNNING)

        assert (again.status, again.execution_id, again.lease) == ("known", one.id, None)
        assert await rig.second.read(other.id) == []

    @scenario
    async def test_takes_a_start_that_is_sent_again_for_the_same(self, rig: Rig) -> None:
        new = new_execution(key="mail-2")
        entries = [started(new)]

        first = await rig.first.start(new, entries, RUNNING)
        again = await rig.first.start(new, entries, RUNNING)

        assert first == again
        assert await rig.first.read(new.id) == entries

    @scenario
    async def test_takes_an_append_that_is_sent_again_for_the_same(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        entry = visit(new.id, 2)

        await rig.first.append(lease, [entry])
        await rig.first.append(lease, [entry])

        assert len(await rig.first.read(new.id)) == 2

    @scenario
    async def test_refuses_another_event_at_a_number_that_is_taken(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.first.append(lease, [visit(new.id, 2)])

        with pytest.raises(LeaseLostError):
            await rig.first.append(lease, [visit(new.id, 2)])

    @scenario
    async def test_refuses_an_event_that_would_leave_a_hole(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)

        with pytest.raises(StoreError):
            await rig.first.append(lease, [visit(new.id, 3)])

        assert len(await rig.first.read(new.id)) == 1

    @scenario
    async def test_gives_an_execution_to_one_client_at_a_time(self, rig: Rig) -> None:
        new = new_execution()
        await start(rig.first, new)

        assert await claim(rig.second, new.id) is None
        assert await rig.second.due(AT) == []

    @scenario
    async def test_hands_over_what_a_gone_client_left_behind(self, rig: Rig) -> None:
        new = new_execution()
        old = await start(rig.first, new)
        rig.leave()

        due = await rig.second.due(AT)
        lease = await claim(rig.second, new.id)

        assert [(item.execution_id, item.reason) for item in due] == [(new.id, "orphaned")]
        assert lease is not None
        assert lease.epoch == old.epoch + 1
        assert (lease.workflow_id, lease.digest) == (new.workflow_id, new.digest)

    @scenario
    async def test_refuses_an_older_lease_and_keeps_none_of_its_entries(self, rig: Rig) -> None:
        new = new_execution()
        old = await start(rig.first, new)
        await rig.first.append(old, [], Head("waiting", wake_at=AT))
        lease = await claim(rig.second, new.id)
        assert lease is not None

        with pytest.raises(LeaseLostError):
            await rig.first.append(old, [visit(new.id, 2)])
        await rig.second.append(lease, [visit(new.id, 2)])

        assert len(await rig.first.read(new.id)) == 2

    @scenario
    async def test_wakes_a_waiting_execution_when_its_time_has_come(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.first.append(lease, [visit(new.id, 2)], Head("waiting", wake_at=AT + 50))

        assert await rig.second.due(AT + 49) == []
        assert [item.reason for item in await rig.second.due(AT + 50)] == ["woken"]

    @scenario
    async def test_a_signal_wakes_a_waiting_execution_at_once(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.first.append(lease, [], Head("waiting"))

        assert await rig.second.signal(new.id, "answer", '{"text": "yes"}')
        assert [item.execution_id for item in await rig.second.due(AT)] == [new.id]

    @scenario
    async def test_a_signal_that_came_before_the_wait_is_not_slept_over(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.second.signal(new.id, "cancel")
        await rig.first.append(lease, [], Head("waiting", wake_at=AT + 10**12))

        assert [item.execution_id for item in await rig.second.due(AT)] == [new.id]

    @scenario
    async def test_delivers_signals_to_the_holder_in_order(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.second.signal(new.id, "answer", "1")
        await rig.second.signal(new.id, "cancel", "2")

        signals = await rig.first.renew([lease])

        assert [(item.kind, item.payload) for item in signals] == [
            ("answer", "1"),
            ("cancel", "2"),
        ]
        assert await rig.first.renew([lease]) == signals, "until they are taken"

    @scenario
    async def test_gives_no_signal_to_somebody_who_holds_nothing(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.second.signal(new.id, "cancel")

        assert await rig.second.renew([lease]) == []
        assert len(await rig.first.renew([lease])) == 1

    @scenario
    async def test_a_finished_execution_takes_nothing_more(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.first.append(lease, [finished(new, 2)], FINISHED)

        assert not await rig.first.signal(new.id, "cancel")
        assert await claim(rig.second, new.id) is None
        with pytest.raises(LeaseLostError):
            await rig.first.append(lease, [visit(new.id, 3)])

    @scenario
    async def test_a_queued_execution_is_due_and_can_be_claimed(self, rig: Rig) -> None:
        new = new_execution()
        admission = await rig.first.start(new, [started(new)], Head("queued"))

        assert (admission.status, admission.lease) == ("queued", None)
        assert [item.reason for item in await rig.first.due(AT)] == ["queued"]
        assert await claim(rig.second, new.id) is not None
        assert await rig.first.due(AT) == []

    @scenario
    async def test_an_execution_that_was_migrated_is_of_its_new_version(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        migrated = Entry(new.id, 2, new_id(), AT, ExecutionMigrated("e" * 64))
        await rig.first.append(lease, [migrated], Head("waiting", wake_at=AT))

        [due] = await rig.second.due(AT)
        head = await rig.second.find_head(new.id)
        taken = await claim(rig.second, new.id)

        assert head is not None
        assert taken is not None
        assert {due.digest, head.digest, taken.digest} == {"e" * 64}

    @scenario
    async def test_the_head_tells_how_it_stands(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        before = await rig.second.find_head(new.id)
        await rig.first.append(lease, [finished(new, 2)], Head("failed", None, AT + 9, "no disk"))
        after = await rig.second.find_head(new.id)

        assert before is not None
        assert (before.status, before.finished_at, before.is_finished) == ("running", None, False)
        assert after is not None
        assert (after.status, after.finished_at, after.error) == ("failed", AT + 9, "no disk")

    @scenario
    async def test_lists_heads_newest_first_in_pages_by_status_and_workflow(
        self, rig: Rig
    ) -> None:
        news = [new_execution("a"), new_execution("b"), new_execution("a")]
        for new in news:
            await start(rig.first, new)
        ids = [new.id for new in reversed(news)]

        page = await rig.second.list_heads(limit=2)
        rest = await rig.second.list_heads(before=page[-1].id)
        of_b = await rig.second.list_heads(workflow_id="b", status=("running",))

        assert [head.id for head in [*page, *rest]] == ids
        assert [head.id for head in of_b] == [news[1].id]
        assert await rig.second.list_heads(status=("failed",)) == []

    @scenario
    async def test_takes_many_appends_at_once_without_waiting_for_each(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)

        futures = [rig.first.append(lease, [visit(new.id, seq)]) for seq in range(2, 502)]
        await asyncio.gather(*futures)

        entries = await rig.second.read(new.id)
        assert [entry.seq for entry in entries] == list(range(1, 502))
