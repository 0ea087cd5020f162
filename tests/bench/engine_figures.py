"""What the engine costs over the real store: latency, throughput, a long chain."""

import asyncio
import time
from pathlib import Path

from flowforge_lab.engine import Head, Lease, NewExecution
from flowforge_lab.events import (
    Entry,
    ExecutionStarted,
    Logged,
    Token,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.ids import new_id
from flowforge_lab.lab import Parts, spared_collector
from flowforge_lab.plan import Plan, compile_workflow
from flowforge_lab.settings import Settings

from .documents import THREE_STEPS, chain, parse
from .figures import Figure, median, timed

ROUNDS = 100
AT_ONCE = 200
MANY = 256
LONG = 20
APPENDS = 10
STEPS = 1000


async def measure(folder: Path) -> list[Figure]:
    """Return the figures of a lab in `folder`, in a process that is set up as those that serve are."""
    async with Parts(folder, Settings(owner_linger_seconds=0.2)) as parts:
        with spared_collector():
            return await _measure(parts)


async def _measure(parts: Parts) -> list[Figure]:
    plan = compile_workflow(parse(THREE_STEPS), parts.registry)
    appended, ran = await latencies(parts, plan)
    rates = [await throughput(parts, plan) for _ in range(5)]
    long = compile_workflow(chain(LONG, durability="step"), parts.registry)
    raw, durable = await durable_rates(parts, long)
    step = await per_step(parts)
    return [
        Figure("one durable append, median of 100", appended * 1e3, "ms"),
        Figure("three steps, durable, median of 100", ran * 1e3, "ms"),
        Figure("three steps / one durable append", ran / appended, "x", at_most=5),
        Figure("three steps, 200 at once", median(rates), "/s", at_least=1000),
        Figure("durable appends, 256 writers at once", raw, "/s"),
        Figure("durable steps, 256 executions of 20 at once", durable, "/s"),
        Figure("durable steps / durable appends", durable / raw, "x", at_least=0.4),
        Figure("chain of 1,000 steps, durability: execution", step * 1e6, "us", at_most=50),
    ]


async def run_one(parts: Parts, plan: Plan) -> None:
    started = await parts.executions.start_plan(plan)
    assert started.handle is not None, started.status
    outcome = await started.handle.outcome()
    assert outcome.status == "succeeded", outcome.error


async def latencies(parts: Parts, plan: Plan) -> tuple[float, float]:
    """Return the medians of an append and of an execution, taken in turns."""
    lease, seq = await leased(parts)
    for _ in range(10):
        await run_one(parts, plan)
    appends, executions = [], []
    for _ in range(ROUNDS):
        seq += 1
        event = Logged(1, "one", 1, "a line")
        entry = Entry(lease.execution_id, seq, f"bench-{seq}", seq, event)

        async def append(entry: Entry = entry) -> None:
            await parts.store.journal.append(lease, [entry])

        appends.append(await timed(append))
        executions.append(await timed(lambda: run_one(parts, plan)))
    return median(appends), median(executions)


async def leased(parts: Parts) -> tuple[Lease, int]:
    new = NewExecution(new_id(), "bench", "0", "start", 1)
    event = ExecutionStarted("bench", "0", "start")
    entry = Entry(new.id, 1, "bench-1", 1, event)
    lease = (await parts.store.journal.start(new, [entry], Head("running"))).lease
    assert lease is not None
    return lease, 1


async def throughput(parts: Parts, plan: Plan, at_once: int = AT_ONCE) -> float:
    """Return executions a second."""
    async with asyncio.timeout(60):
        spent = await timed(
            lambda: asyncio.gather(*(run_one(parts, plan) for _ in range(at_once)))
        )
    return at_once / spent


async def durable_rates(parts: Parts, plan: Plan) -> tuple[float, float]:
    """Return appends a second of writers that wait for each, and steps a second of as many executions.

    Both are medians of rounds taken in turns. The trigger is not counted as a step.
    """
    steps = len(plan.steps) - len(plan.triggers)
    writers = [(await leased(parts))[0] for _ in range(MANY)]
    raw, durable = [], []
    for turn in range(5):
        spent = await timed(
            lambda turn=turn: asyncio.gather(*(write(parts, one, turn) for one in writers))
        )
        raw.append(MANY * APPENDS / spent)
        durable.append(steps * await throughput(parts, plan, MANY))
    return median(raw), median(durable)


async def write(parts: Parts, lease: Lease, turn: int) -> None:
    """Append one step after another, each on disk before the next: what an engine writes, without it."""
    for seq in range(2 + turn * APPENDS, 2 + (turn + 1) * APPENDS):
        entry = Entry(lease.execution_id, seq, f"bench-{seq}", seq, one_step(seq))
        await parts.store.journal.append(lease, [entry])


def one_step(number: int) -> VisitSucceeded:
    """Return the event that a step of the chain leaves behind: its start and its end."""
    node, kind = f"n{number}", "action.transform"
    came = (Token(number - 1, "out", node, "in"),)
    begun = VisitStarted(number, node, kind, came, {"value": 1}, config_bytes=11)
    left = (Token(number, "out", f"n{number + 1}", "in"),)
    at = 1_800_000_000_000_000
    return VisitSucceeded(
        number, node, kind, "out", {"value": 1}, at, 5e-05, 1, left, 11, begun=begun
    )


async def per_step(parts: Parts) -> float:
    """Return the seconds a step of a long chain takes: the least of fifteen chains.

    The least, because whatever else the machine does only ever adds to it.
    """
    plan = compile_workflow(chain(STEPS), parts.registry)
    lengths = []
    for _ in range(15):
        start = time.perf_counter()
        await run_one(parts, plan)
        lengths.append((time.perf_counter() - start) / STEPS)
    return min(lengths)
