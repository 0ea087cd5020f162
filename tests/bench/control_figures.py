"""What loops, waits and branches side by side cost, over the real store."""

import asyncio
import time
from pathlib import Path

from flowforge_lab.lab import Parts
from flowforge_lab.plan import Plan, compile_workflow
from flowforge_lab.settings import Settings
from flowforge_lab.testing import LocalServer, Reply

from .documents import parse
from .engine_figures import run_one
from .figures import Figure, resident_bytes, timed

ITEMS = 10_000
WAITING = 1_000
STEPS = 5
BRANCHES = 10
SLOW_SECONDS = 0.5

LOOP = f"""
id: rounds
settings: {{durability: execution}}
nodes:
  start: {{kind: trigger.manual, next: each}}
  each: {{kind: logic.loop, config: {{items: "{{{{ list(range({ITEMS})) }}}}"}}, next: {{body: one}}}}
  one: {{kind: action.transform, config: {{value: "{{{{ item }}}}"}}, next: each}}
"""


def naps() -> str:
    """Return a row of steps that wait a second each."""
    nodes = [
        f"  n{number}: {{kind: flow.delay, config: {{duration: 1s}}, next: n{number + 1}}}"
        for number in range(STEPS)
    ]
    head = "id: naps\nnodes:\n  start: {kind: trigger.manual, next: n0}\n"
    return head + "\n".join(nodes) + f"\n  n{STEPS}: {{kind: flow.end}}\n"


def calls(url: str, count: int) -> str:
    """Return so many HTTP calls side by side."""
    names = [f"c{number}" for number in range(count)]
    head = f"id: calls\nnodes:\n  start: {{kind: trigger.manual, next: [{', '.join(names)}]}}\n"
    config = f"{{url: '{url}', allow_private: true}}"
    return head + "\n".join(
        f"  {name}: {{kind: action.http_request, config: {config}}}" for name in names
    )


async def measure(folder: Path) -> list[Figure]:
    """Return the figures of a lab in `folder`."""
    async with (
        Parts(folder, Settings(owner_linger_seconds=0.2, max_running=2_000)) as parts,
        LocalServer() as server,
    ):
        looped = await quickest(parts, compile_workflow(parse(LOOP), parts.registry))
        beside = await side_by_side(parts, server)
        waited, held = await many_naps(parts)
    return [
        Figure(f"loop of {ITEMS:,}, body without effects", looped, "s", at_most=1),
        Figure(f"{BRANCHES} calls side by side / one call", beside, "x", at_most=1.25),
        Figure(
            f"{WAITING:,} x {STEPS} steps of 1 s at once / ideal", waited / STEPS, "x", at_most=1.5
        ),
        Figure("memory they took", held / 1e6, "MB", at_most=150),
    ]


async def quickest(parts: Parts, plan: Plan) -> float:
    return min([await timed(lambda: run_one(parts, plan)) for _ in range(3)])


async def side_by_side(parts: Parts, server: LocalServer) -> float:
    """Return how many times as long as one slow call several of them take."""
    server.tell("/slow", Reply(delay=SLOW_SECONDS))
    spent = []
    for count in (1, BRANCHES):
        plan = compile_workflow(parse(calls(server.url("/slow"), count)), parts.registry)
        spent.append(await quickest(parts, plan))
    return spent[1] / spent[0]


async def many_naps(parts: Parts) -> tuple[float, float]:
    """Return how long many take that wait a second in each step, and the memory they took."""
    plan = compile_workflow(parse(naps()), parts.registry)
    await asyncio.gather(*(run_one(parts, plan) for _ in range(10)))
    before, most = resident_bytes(), 0
    start = time.perf_counter()
    running = asyncio.gather(*(run_one(parts, plan) for _ in range(WAITING)))
    while not running.done():
        await asyncio.wait([running], timeout=0.5)
        most = max(most, resident_bytes() - before)
    await running
    return time.perf_counter() - start, most
