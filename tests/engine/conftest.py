import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from flowforge_lab.clients import Clients
from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Engine, Limits, Start, World
from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import VisitParked, spread
from flowforge_lab.expressions import Evaluator
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import compile_workflow
from flowforge_lab.spec import Document
from flowforge_lab.testing import MemoryBlobs, MemoryJournal, MemoryVariables

KINDS = Path(__file__).parents[1] / "kinds"


class Bench:
    """An engine over a journal in memory, and what it left there."""

    def __init__(self, folder):
        self.folder = folder
        self.clock = SystemClock()
        self.lease_poll = 0.02
        self.journal = MemoryJournal(lease=5.0)
        self.blobs = MemoryBlobs()
        self.registry = Registry(KINDS)
        self.secrets = {"token": "s3cret-value"}
        self.variables = MemoryVariables()
        self.limits = Limits()
        self.calls = BenchCalls(self)
        self.alarms = []

    def plan(self, text):
        document = Document.parse(text)
        assert document.problems == ()
        return compile_workflow(document.workflow, self.registry)

    def world(self, evaluator):
        return World(
            clock=self.clock,
            evaluator=evaluator,
            clients=Clients(),
            blobs=self.blobs,
            variables=lambda workflow, user: self.variables,
            secret=self.secrets.__getitem__,
            artifacts=self.folder / "artifacts",
            folder_of=lambda workflow: self.folder,
            limits=self.limits,
            calls=self.calls,
            alarm=self.alarm,
        )

    async def alarm(self, failure):
        self.alarms.append(failure)

    async def engine_run(self, work, journal=None, listeners=()):
        evaluator = Evaluator()
        world = self.world(evaluator)
        engine = Engine(
            world, journal or self.journal, lease_poll=self.lease_poll, listeners=listeners
        )
        self.calls.engine = engine
        try:
            async with engine:
                return await work(engine)
        finally:
            await evaluator.close()
            await world.clients.close()

    def run(self, text, **start):
        async def work(engine):
            started = await engine.start(self.plan(text), Start(**start))
            return await started.handle.outcome()

        return asyncio.run(self.engine_run(work))

    def run_by(self, clock, text, **start):
        """Run by another clock, waits of any length in memory."""
        self.clock, self.lease_poll = clock, 1e9
        self.journal = MemoryJournal(clock, lease=1e10)
        self.limits = self.short_waits(1e9)

        async def work(engine):
            started = await engine.start(self.plan(text), Start(**start))
            return await clock.drive(started.handle.outcome())

        return asyncio.run(self.engine_run(work))

    def run_and(self, text, act, **start):
        """Run, and do something to the execution once it has begun."""

        async def work(engine):
            started = await engine.start(self.plan(text), Start(**start))
            await asyncio.sleep(0.02)
            act(started.handle)
            return await started.handle.outcome()

        return asyncio.run(self.engine_run(work))

    def resume(self, execution_id, text, journal=None):
        async def work(engine):
            async def plan_of(_digest):
                return self.plan(text)

            handle = await engine.resume(execution_id, plan_of)
            return None if handle is None else await handle.outcome()

        return asyncio.run(self.engine_run(work, journal))

    def entries(self, execution_id):
        return asyncio.run(self.journal.read(execution_id))

    def events(self, execution_id, kind=object):
        """Return what happened, each start of a visit by itself."""
        entries = spread(self.entries(execution_id))
        return [entry.event for entry in entries if isinstance(entry.event, kind)]

    def let_time_pass(self, execution_id):
        """Make the time that an execution is parked for one that is over."""
        stored = self.journal._executions[execution_id]
        for place, entry in enumerate(stored.entries):
            if isinstance(entry.event, VisitParked) and entry.event.until is not None:
                event = msgspec.structs.replace(entry.event, until=1)
                stored.entries[place] = msgspec.structs.replace(entry, event=event)
        stored.head = msgspec.structs.replace(stored.head, wake_at=1)

    @staticmethod
    def short_waits(seconds):
        return Limits(short_wait=seconds)

    @staticmethod
    def wait_for(outcome):
        time.sleep(max(outcome.wake_at / 1e6 - time.time(), 0))


class BenchCalls:
    """Starts the workflows of `texts` by their id, and goes on with whatever is due until it is over."""

    def __init__(self, bench):
        self.bench = bench
        self.texts = {}
        self.engine = None

    def plan(self, workflow):
        return self.bench.plan(f"id: {workflow}\n{self.texts[workflow]}")

    async def start(self, call):
        if call.workflow not in self.texts:
            msg = f"there is no workflow {call.workflow!r}"
            raise NotFoundError(msg)
        fields = ("inputs", "key", "parent", "is_awaited", "depth", "user", "session", "chat")
        start = Start(**{name: getattr(call, name) for name in fields})
        return (await self.engine.start(self.plan(call.workflow), start)).execution_id

    async def outcome(self, execution_id):
        return await self.engine.outcome_of(execution_id)

    def finish(self, execution_id, journal=None):
        """Go on with all that is due, as hosts do, until an execution is over or nothing more happens."""
        journal = journal or self.bench.journal
        self.bench.journal.die()  # what ran before, ran on an engine that is gone

        async def work(engine):
            idle = 0
            while idle < 40:
                idle += 1
                for due in await journal.due(engine._world.clock.stamp()):
                    plan = self.plan(due.workflow_id)

                    async def plan_of(_digest, plan=plan):
                        return plan

                    if await engine.resume(due.execution_id, plan_of) is not None:
                        idle = 0
                head = await journal.find_head(execution_id)
                if head.is_finished and not engine.running:
                    break
                await engine._world.clock.sleep(0.005)
            return await engine.outcome_of(execution_id)

        return asyncio.run(self.bench.engine_run(work, journal))


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def new_bench():
    return Bench
