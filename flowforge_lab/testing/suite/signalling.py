"""Wishes from outside, which come until they are taken."""

import pytest

from flowforge_lab.engine import Head
from flowforge_lab.errors import LeaseLostError

from .rig import (
    AT,
    FINISHED,
    PAUSED,
    RUNNING,
    WAITING,
    Rig,
    begin,
    claim,
    finished,
    new_execution,
    scenario,
    start,
    visit,
)


class SignalContract:
    """No signal is lost, and none that was taken comes again."""

    @scenario
    async def test_a_signal_comes_until_an_append_has_taken_it(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        for payload in ("1", "2", "3"):
            await rig.second.signal(new.id, "answer", payload)
        one, two, three = await rig.first.renew([lease])

        await rig.first.append(lease, [visit(new.id, 2)], taken=[one.id, three.id])

        assert len({one.id, two.id, three.id}) == 3
        assert await rig.first.renew([lease]) == [two]

    @scenario
    async def test_the_id_of_a_taken_signal_is_not_used_again(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.second.signal(new.id, "answer", "1")
        [one] = await rig.first.renew([lease])
        await rig.first.append(lease, [], RUNNING, taken=[one.id])

        await rig.second.signal(new.id, "answer", "2")

        [two] = await rig.first.renew([lease])
        assert two.id > one.id

    @scenario
    async def test_a_signal_nobody_has_taken_comes_to_the_next_holder(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.second.signal(new.id, "cancel", "why")
        seen = await rig.first.renew([lease])
        rig.leave()

        await rig.second.due(AT)
        taken_over = await claim(rig.second, new.id)

        assert taken_over is not None
        assert await rig.second.renew([taken_over]) == seen

    @scenario
    async def test_takes_no_signal_of_another_execution(self, rig: Rig) -> None:
        one, other = new_execution(), new_execution()
        lease, others = await start(rig.first, one), await start(rig.first, other)
        await rig.second.signal(other.id, "cancel")
        [signal] = await rig.first.renew([others])

        await rig.first.append(lease, [], RUNNING, taken=[signal.id])

        assert await rig.first.renew([others]) == [signal]

    @scenario
    async def test_a_refused_append_takes_no_signal(self, rig: Rig) -> None:
        new = new_execution()
        old = await start(rig.first, new)
        await rig.second.signal(new.id, "cancel")
        [signal] = await rig.first.renew([old])
        await rig.first.append(old, [], WAITING)
        lease = await claim(rig.second, new.id)
        assert lease is not None

        with pytest.raises(LeaseLostError):
            await rig.first.append(old, [], RUNNING, taken=[signal.id])

        assert await rig.second.renew([lease]) == [signal]

    @scenario
    async def test_a_paused_execution_is_due_only_when_signalled(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.first.append(lease, [], PAUSED)
        head = await rig.second.find_head(new.id)

        assert head is not None
        assert (head.status, head.is_finished) == ("paused", False)
        assert await rig.second.due(AT + 10**12) == []
        assert await rig.second.signal(new.id, "continue")
        assert [item.reason for item in await rig.second.due(AT)] == ["woken"]

    @scenario
    async def test_a_signal_that_came_before_the_pause_is_not_slept_over(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.second.signal(new.id, "continue")
        await rig.first.append(lease, [], PAUSED)

        assert [item.execution_id for item in await rig.second.due(AT)] == [new.id]

    @scenario
    async def test_a_pause_that_takes_its_signal_is_slept(self, rig: Rig) -> None:
        new = new_execution()
        lease = await start(rig.first, new)
        await rig.second.signal(new.id, "pause")
        [signal] = await rig.first.renew([lease])
        await rig.first.append(lease, [], PAUSED, taken=[signal.id])

        assert await rig.second.due(AT) == []

    @scenario
    async def test_a_queued_execution_keeps_its_signals_for_its_turn(self, rig: Rig) -> None:
        new = new_execution()
        await begin(rig.first, new, Head("queued"))
        await rig.second.signal(new.id, "pause")

        lease = await claim(rig.first, new.id)

        assert lease is not None
        assert [item.kind for item in await rig.first.renew([lease])] == ["pause"]

    @scenario
    async def test_what_is_left_when_it_ends_goes_with_it(self, rig: Rig) -> None:
        new, other = new_execution(), new_execution()
        lease, others = await start(rig.first, new), await start(rig.first, other)
        await rig.second.signal(new.id, "cancel")
        await rig.second.signal(other.id, "cancel")
        await rig.first.append(lease, [finished(new, 2)], FINISHED)

        found = await rig.first.renew([lease, others])

        assert [signal.execution_id for signal in found] == [other.id]
