"""What it costs to wake many: executions parked on disk that are all due within one second."""

import asyncio
import os
import time
from datetime import timedelta
from pathlib import Path

from flowforge_lab.engine import Start
from flowforge_lab.lab import Parts
from flowforge_lab.plan import Plan
from flowforge_lab.services import microseconds
from flowforge_lab.settings import Settings
from flowforge_lab.spec import Document

from .figures import Figure, resident_bytes

COUNT = int(os.environ.get("FLOWFORGE_BENCH_PARKED", "10000"))
"""How many; 0 leaves them out."""
LEAD_SECONDS = 8.0  # more than a short wait, which is slept in memory
NAP = """
id: nap
inputs: {at: {type: datetime, required: true}}
nodes:
  start: {kind: trigger.manual, next: nap}
  nap: {kind: flow.delay, config: {until: "{{ inputs.at }}"}, next: done}
  done: {kind: action.transform, config: {value: "1"}}
"""


async def measure(folder: Path, count: int = COUNT) -> list[Figure]:
    """Return how long it takes until all of `count` executions due at once are under way and over."""
    settings = Settings(poll_seconds=0.1, owner_linger_seconds=1.0, max_running=1_000)
    async with Parts(folder, settings) as parts:
        plan = await parts.workflows.register(Document.parse(NAP))
        at = parts.clock.now() + timedelta(seconds=LEAD_SECONDS + count / 150)
        await _park(
            parts, plan, count=count // 10, at=at
        )  # what is made once is no memory of theirs
        before = resident_bytes()
        await _park(parts, plan, count=count - count // 10, at=at)
        held = (resident_bytes() - before) / (count - count // 10)
        left = (at - parts.clock.now()).total_seconds()
        await asyncio.sleep(max(left - 0.2, 0.0))
        host = asyncio.create_task(parts.host.run())
        started, over = await _woken(parts, count=count, at=at)
        host.cancel()
        return [
            Figure(f"memory of one of {count:,} parked executions", held / 1e3, "kB", at_most=5),
            Figure(f"start {count:,} parked executions due at once", started, "s", at_most=10),
            Figure(f"end {count:,} parked executions due at once", over, "s"),
            Figure("late by, when all were parked", max(-left, 0.0), "s", at_most=0),
        ]


async def _park(parts: Parts, plan: Plan, *, count: int, at: object) -> None:
    room = asyncio.Semaphore(256)

    async def one() -> None:
        async with room:
            started = await parts.engine.start(plan, Start(inputs={"at": at}))
            if started.handle is not None:
                await started.handle.outcome()

    await asyncio.gather(*(one() for _ in range(count)))


async def _woken(parts: Parts, *, count: int, at: object) -> tuple[float, float]:
    """Return after how many seconds the last one was started, and the last one over."""
    due = microseconds(at)  # type: ignore[arg-type]  # a moment
    started = 0.0
    resumed = set()
    ended = 0

    def look(entry: object) -> None:
        nonlocal started, ended
        kind = type(entry.event).__name__  # type: ignore[attr-defined]  # an entry
        if kind == "ExecutionResumed":
            resumed.add(entry.execution_id)  # type: ignore[attr-defined]  # an entry
            started = time.time() - due / 1e6
        ended += kind == "ExecutionFinished"

    parts.feed.subscribe(look)
    limit = time.monotonic() + 60
    while ended < count and time.monotonic() < limit:
        await asyncio.sleep(0.05)
    if len(resumed) < count or ended < count:
        return float("inf"), float("inf")
    return started, time.time() - due / 1e6
