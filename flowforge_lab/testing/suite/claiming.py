"""The rules of taking over: many at once, each with what its next holder reads first."""

from flowforge_lab.engine import Journal, Lease
from flowforge_lab.ids import new_id

from .rig import AT, RUNNING, WAITING, Rig, end, new_execution, scenario, start, visit

_MANY = 2_500
"""More entries than one answer brings along."""


async def _left(journal: Journal, *, visits: int = 0) -> str:
    """Return an execution of so many visits that waits, held by nobody."""
    new = new_execution()
    lease = await start(journal, new)
    await journal.append(lease, [visit(new.id, seq) for seq in range(2, visits + 2)], WAITING)
    return new.id


class ClaimContract:
    """What every journal promises to whoever goes on with executions of others."""

    @scenario
    async def test_many_are_taken_at_once_in_the_order_asked_for(self, rig: Rig) -> None:
        names = [await _left(rig.first) for _ in range(5)]
        wanted = [names[3], names[0], names[4]]

        claimed = await rig.second.claim(wanted)

        assert [one.lease.execution_id for one in claimed] == wanted
        assert [len(one.entries) for one in claimed] == [1, 1, 1]
        assert await rig.first.claim(names) != []
        assert await rig.first.claim(names) == []

    @scenario
    async def test_what_is_held_over_or_unknown_is_left_out(self, rig: Rig) -> None:
        held, over = new_execution(), new_execution()
        await start(rig.first, held)
        await end(rig.first, await start(rig.first, over))
        free = await _left(rig.first)

        claimed = await rig.second.claim([held.id, over.id, new_id(), free, free])

        assert [one.lease.execution_id for one in claimed] == [free]

    @scenario
    async def test_nothing_is_taken_where_nothing_is_asked_for(self, rig: Rig) -> None:
        assert await rig.first.claim([]) == []

    @scenario
    async def test_each_comes_with_its_own_signals(self, rig: Rig) -> None:
        one, other, third = [await _left(rig.first) for _ in range(3)]
        await rig.first.signal(third, "cancel", "why")
        await rig.first.signal(one, "answer", "1")
        await rig.first.signal(one, "answer", "2")

        claimed = await rig.second.claim([one, other, third])

        kinds = [[(wish.kind, wish.payload) for wish in each.signals] for each in claimed]
        assert kinds == [[("answer", "1"), ("answer", "2")], [], [("cancel", "why")]]
        assert list(claimed[0].signals) == await rig.second.renew([claimed[0].lease])

    @scenario
    async def test_all_entries_come_however_many_they_are(self, rig: Rig) -> None:
        names = [await _left(rig.first, visits=count) for count in (3, _MANY, 0)]

        claimed = await rig.second.claim(names)

        numbers = [[entry.seq for entry in each.entries] for each in claimed]
        assert numbers == [list(range(1, count + 2)) for count in (3, _MANY, 0)]

    @scenario
    async def test_who_took_it_over_goes_on_where_its_entries_end(self, rig: Rig) -> None:
        [claimed] = await rig.second.claim([await _left(rig.first, visits=2)])
        lease: Lease = claimed.lease

        await rig.second.append(lease, [visit(lease.execution_id, 4)], RUNNING)

        assert [entry.seq for entry in await rig.first.read(lease.execution_id)] == [1, 2, 3, 4]
        assert await rig.first.due(AT) == []
