"""The keeper of leases: it looks at each poll and at each poke, and sleeps between."""

import asyncio

from flowforge_lab.clock import SystemClock


class CountingClock(SystemClock):
    """Counts how often somebody went to sleep."""

    def __init__(self):
        self.sleeps = 0

    async def sleep(self, seconds):
        self.sleeps += 1
        await super().sleep(seconds)


def test_after_a_poke_it_sleeps_again(bench):
    clock = bench.clock = CountingClock()
    bench.lease_poll = 60

    async def work(engine):
        await asyncio.sleep(0.01)
        before = clock.sleeps
        engine.poke()
        for _ in range(100):
            await asyncio.sleep(0)
        return before, clock.sleeps

    assert asyncio.run(bench.engine_run(work)) == (1, 2)


def test_without_a_poke_it_looks_at_each_poll(bench):
    clock = bench.clock = CountingClock()
    bench.lease_poll = 0.001

    async def work(_engine):
        while clock.sleeps < 10:
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(bench.engine_run(work), 10))
