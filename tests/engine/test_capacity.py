"""Waiting times that are forecast from one run hold in another one with other limits, on the real engine."""

import asyncio
import random

import pytest

from flowforge_lab.analysis.capacity import Job, forecast, quantile
from flowforge_lab.engine import Start
from flowforge_lab.errors import QueryError
from flowforge_lab.events import ExecutionStarted, VisitStarted, VisitSucceeded
from flowforge_lab.testing import MemoryJournal, VirtualClock

TEXT = """
id: queue
inputs: {{seconds: {{type: number}}}}
settings: {{concurrency: {{limit: {limit}, on_limit: queue}}}}
nodes:
  start: {{kind: trigger.manual, next: work}}
  work: {{kind: flow.delay, config: {{duration: "{{{{ inputs.seconds }}}}s"}}, next: after}}
  after: {{kind: flow.delay, config: {{duration: 2s}}}}
"""
COUNT = 40


def load(seed):
    """Return gaps between arrivals and lengths of work, in seconds, in bursts."""
    chance = random.Random(seed)
    gaps = [chance.expovariate(1 / 5) for _ in range(COUNT)]
    return gaps, [chance.uniform(1, 12) for _ in range(COUNT)]


class Hall:
    """Lets executions arrive on a real engine under a virtual clock, and hands out those whose turn it is."""

    def __init__(self, bench, limit):
        self.clock = bench.clock = VirtualClock()
        bench.journal, bench.lease_poll = MemoryJournal(self.clock, lease=1e10), 1e9
        bench.limits = bench.short_waits(1e9)
        self.bench = bench
        self.plan = bench.plan(TEXT.format(limit=limit))
        self.ids, self.left = [], COUNT

    def run(self, gaps, lengths):
        """Return the journals of all."""

        async def work(engine):
            self.free = asyncio.Event()
            handing = asyncio.get_running_loop().create_task(self.hand_out(engine))
            try:
                await self.clock.drive(self.arrive(engine, gaps, lengths))
            finally:
                handing.cancel()
            return [await self.bench.journal.read(id) for id in self.ids]

        return asyncio.run(self.bench.engine_run(work))

    async def plan_of(self, _digest):
        return self.plan

    async def hand_out(self, engine):
        while True:
            await self.free.wait()
            self.free.clear()
            for due in await self.bench.journal.due(self.clock.stamp()):
                self.watch(await engine.resume(due.execution_id, self.plan_of))

    async def arrive(self, engine, gaps, lengths):
        for gap, length in zip(gaps, lengths, strict=True):
            await self.clock.sleep(gap)
            started = await engine.start(self.plan, Start(inputs={"seconds": length}))
            self.ids.append(started.execution_id)
            self.watch(started.handle)
        while self.left:
            await self.clock.sleep(60.0)

    def watch(self, handle):
        if handle is not None:
            handle.on_done(self.ended)

    def ended(self):
        self.left -= 1
        self.free.set()


def job_of(entries):
    """Return an execution as a job: what the history's SQL makes of it."""
    began = next(
        entry.event.started_at if isinstance(entry.event, VisitSucceeded) else entry.at
        for entry in entries
        if isinstance(entry.event, VisitStarted | VisitSucceeded)
    )
    assert isinstance(entries[0].event, ExecutionStarted)
    arrived, ended = entries[0].at, entries[-1].at
    times = [(at / 1e6) for at in (arrived, ended - began, began - arrived)]
    return Job(entries[0].execution_id, times[0], times[1], waited=times[2])


@pytest.mark.slow
def test_waits_are_as_forecast_within_15_percent(bench):
    limit = 2
    gaps, lengths = load(seed=7)
    past = [job_of(entries) for entries in Hall(bench, 30).run(gaps, lengths)]

    told = forecast(past, limit)
    real = sorted(job_of(entries).waited for entries in Hall(bench, limit).run(gaps, lengths))

    assert max(job.waited for job in past) < 1
    assert real[-1] > 10
    assert told.mean_wait == pytest.approx(sum(real) / len(real), rel=0.15)
    assert told.p95_wait == pytest.approx(quantile(real, 0.95), rel=0.15)


def jobs(*times, service=10.0, key=""):
    return [Job(str(number), at, service, key) for number, at in enumerate(times)]


def test_who_comes_while_all_places_are_taken_waits():
    told = forecast(jobs(0, 1, 2), 2)

    assert [turn.wait for turn in told.turns] == [0, 0, 8]
    assert (told.mean_wait, told.p95_wait) == (pytest.approx(8 / 3), pytest.approx(7.2))


def test_keys_have_limits_of_their_own():
    told = forecast([*jobs(0, 1, key="a"), *jobs(0, key="b")], 1)

    assert sorted(told.waits) == [0, 0, 9]


def test_others_are_dropped_or_replaced():
    dropped = forecast(jobs(0, 1, 11), 1, on_limit="drop")
    replaced = forecast(jobs(0, 1, 11), 1, on_limit="replace")

    assert [turn.status for turn in dropped.turns] == ["ran", "dropped", "ran"]
    assert [turn.status for turn in replaced.turns] == ["replaced", "ran", "ran"]
    assert (dropped.dropped, replaced.dropped) == (1, 1)


def test_more_may_come_and_each_may_take_longer():
    assert forecast(jobs(0, 20), 1, arrivals=4).waits == [0, 5]
    assert forecast(jobs(0, 20), 1, service=3).waits == [0, 10]
    assert forecast(jobs(0, 20), 1).utilisation == pytest.approx(20 / 30)


def test_nothing_waits_where_nothing_came():
    told = forecast([], 1)

    assert (told.mean_wait, told.p95_wait, told.utilisation, len(told.frame())) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"limit": 1, "arrivals": 0}, {"limit": 1, "service": -1}]
)
def test_limits_and_factors_that_are_none_are_refused(wrong):
    with pytest.raises(QueryError):
        forecast(jobs(0), **wrong)
