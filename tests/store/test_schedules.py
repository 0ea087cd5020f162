import asyncio

from .conftest import BOTH
from .rows import AT

KEEPERS = BOTH

SPEC = {"cron": "0 8 * * *", "time_zone": "Europe/Riga"}


def test_gives_schedules_back_next_first(open_lab):
    schedules = open_lab().schedules

    async def work():
        await schedules.put("b", "timer", SPEC, next_at=AT + 2)
        await schedules.put("a", "timer", SPEC, next_at=AT + 1)
        return await schedules.all()

    first, second = asyncio.run(work())
    assert (first.workflow_id, second.workflow_id) == ("a", "b")
    assert first.spec == SPEC
    assert (first.next_at, first.last_at, first.is_active) == (AT + 1, None, True)


def test_one_of_many_servers_fires_a_time(open_lab):
    servers = [open_lab().schedules for _ in range(3)]

    async def work():
        await servers[0].put("a", "timer", SPEC, next_at=AT)
        claims = [
            server.claim_fire("a", "timer", due_at=AT, next_at=AT + 60)
            for server in servers
            for _ in range(10)
        ]
        return await asyncio.gather(*claims), await servers[0].all()

    won, [schedule] = asyncio.run(work())
    assert sum(won) == 1
    assert (schedule.last_at, schedule.next_at) == (AT, AT + 60)


def test_a_resting_or_unknown_schedule_never_fires(open_lab):
    store = open_lab()

    async def work():
        await store.catalogue.save_draft(_draft("a"))
        await store.schedules.put("a", "timer", SPEC, next_at=AT)
        await store.catalogue.deactivate("a", at=AT)
        return (
            await store.schedules.claim_fire("a", "timer", due_at=AT, next_at=None),
            await store.schedules.claim_fire("b", "timer", due_at=AT, next_at=None),
            await store.schedules.all(only_active=True),
        )

    assert asyncio.run(work()) == (False, False, [])


def test_setting_a_schedule_again_keeps_when_it_last_fired(open_lab):
    schedules = open_lab().schedules

    async def work():
        await schedules.put("a", "timer", SPEC, next_at=AT)
        await schedules.claim_fire("a", "timer", due_at=AT, next_at=AT + 60)
        await schedules.put("a", "timer", {"cron": "* * * * *"}, next_at=AT + 30)
        [schedule] = await schedules.all()
        await schedules.remove("a")
        return schedule, await schedules.all()

    schedule, left = asyncio.run(work())
    assert (schedule.last_at, schedule.next_at) == (AT, AT + 30)
    assert left == []


def _draft(workflow_id: str):
    from flowforge_lab.store import Draft

    return Draft(workflow_id, "", AT)
