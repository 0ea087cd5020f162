"""A clock that leaps: long waits are over at once, in order, and exactly as long as they were to be."""

import asyncio
from datetime import UTC, datetime

from flowforge_lab.testing import VirtualClock


def test_a_year_passes_in_no_time():
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))

    asyncio.run(clock.drive(clock.sleep(365 * 86400)))

    assert clock.now() == datetime(2027, 1, 1, tzinfo=UTC)
    assert clock.stamp() == datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1e6


def test_who_sleeps_shorter_wakes_first():
    clock, woken = VirtualClock(), []

    async def nap(name, seconds):
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    async def all_naps():
        await asyncio.gather(nap("long", 7200), nap("none", 0), nap("short", 60.5))

    asyncio.run(clock.drive(all_naps()))

    assert woken == [("none", 0), ("short", 60.5), ("long", 7200)]


def test_stands_still_while_somebody_works():
    clock = VirtualClock()

    async def work():
        sleeper = asyncio.ensure_future(clock.sleep(10))
        for _ in range(50):
            await asyncio.sleep(0)
        at = clock.monotonic()
        await sleeper
        return at, clock.monotonic()

    assert asyncio.run(clock.drive(work())) == (0, 10)


def test_one_who_stopped_waiting_is_not_woken():
    clock = VirtualClock()

    async def work():
        sleeper = asyncio.ensure_future(clock.sleep(10))
        await asyncio.sleep(0)
        sleeper.cancel()
        await asyncio.sleep(0)
        clock.advance(20)
        return sleeper.cancelled(), clock.monotonic()

    assert asyncio.run(work()) == (True, 20)
