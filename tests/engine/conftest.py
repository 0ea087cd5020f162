import asyncio
import time
from pathlib import Path

import pytest

from flowforge_lab.clients import Clients
from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Engine, Limits, Start, World
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
        self.journal = MemoryJournal(lease=5.0)
        self.blobs = MemoryBlobs()
        self.registry = Registry(KINDS)
        self.secrets = {"token": "s3cret-value"}
        self.variables = MemoryVariables()
        self.limits = Limits()

    def plan(self, text):
        document = Document.parse(text)
        assert document.problems == ()
        return compile_workflow(document.workflow, self.registry)

    def world(self, evaluator):
        return World(
            clock=SystemClock(),
            evaluator=evaluator,
            clients=Clients(),
            blobs=self.blobs,
            variables=lambda workflow, user: self.variables,
            secret=self.secrets.__getitem__,
            artifacts=self.folder / "artifacts",
            folder_of=lambda workflow: self.folder,
            limits=self.limits,
        )

    async def engine_run(self, work, journal=None, listeners=()):
        evaluator = Evaluator()
        world = self.world(evaluator)
        engine = Engine(world, journal or self.journal, lease_poll=0.02, listeners=listeners)
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
        entries = self.entries(execution_id)
        return [entry.event for entry in entries if isinstance(entry.event, kind)]

    @staticmethod
    def short_waits(seconds):
        return Limits(short_wait=seconds)

    @staticmethod
    def wait_for(outcome):
        time.sleep(max(outcome.wake_at / 1e6 - time.time(), 0))


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def new_bench():
    return Bench
