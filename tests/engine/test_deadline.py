"""Time limits of work that waits, and of work that does not."""

import asyncio
import time

import pytest

from flowforge_lab.engine.deadline import Deadline


async def busy(seconds):
    time.sleep(seconds)  # a node that blocks the loop
    return "done"


def test_work_that_never_waits_is_not_stopped():
    assert asyncio.run(_awaited(Deadline(busy(0.02), 0.001))) == "done"


def test_work_that_waits_too_long_is_cancelled_and_told_so():
    async def main():
        limit = Deadline(asyncio.sleep(5), 0.01)
        with pytest.raises(TimeoutError):
            await limit
        return limit.has_passed

    assert asyncio.run(main())


def test_a_timeout_of_the_works_own_is_not_the_deadline():
    async def main():
        limit = Deadline(_times_out(), 5)
        with pytest.raises(TimeoutError):
            await limit
        return limit.has_passed

    assert not asyncio.run(main())


def test_the_time_before_the_first_wait_counts():
    async def main():
        limit = Deadline(_busy_then_waiting(), 0.05)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            await limit
        return time.monotonic() - start

    assert asyncio.run(main()) < 1


def test_what_the_work_gets_and_raises_passes_through():
    async def failing():
        await asyncio.sleep(0)
        raise LookupError("mine")

    async def main():
        assert await Deadline(_sums(), 5) == 3
        with pytest.raises(LookupError, match="mine"):
            await Deadline(failing(), 5)

    asyncio.run(main())


def test_cancelling_from_outside_reaches_the_work():
    cleaned = []

    async def main():
        task = asyncio.create_task(_awaited(Deadline(_cleaning(cleaned), 5)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert cleaned == ["cleaned"]


async def _awaited(limit):
    return await limit


async def _times_out():
    async with asyncio.timeout(0.01):
        await asyncio.sleep(5)


async def _busy_then_waiting():
    await busy(0.1)
    await asyncio.sleep(5)


async def _sums():
    first = await asyncio.sleep(0, 1)
    second = await asyncio.sleep(0.001, 2)
    return first + second


async def _cleaning(cleaned):
    try:
        await asyncio.sleep(5)
    finally:
        cleaned.append("cleaned")
