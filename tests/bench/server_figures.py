"""What a server with a long history answers: lists of a million executions, and events to many listeners."""

import asyncio
import json
import os
import statistics
import time
from datetime import datetime
from pathlib import Path

import httpx

from flowforge_lab.clock import SystemClock
from flowforge_lab.store import Terms, open_store

from .bench_history import STEPS_PER_EXECUTION, fill
from .figures import Figure
from .serving import serving

EXECUTIONS = int(os.environ.get("FLOWFORGE_BENCH_EXECUTIONS", "1000000"))
"""How many there are; 0 leaves them out."""
ASKED = 40
"""How often each list is asked for."""
STREAMS, EMITTED = 200, 30
MAX_LIST_MS, MAX_EVENT_MS = 50, 30
LISTS = {
    "newest": {},
    "of a workflow": {"workflowId": "wf_7"},
    "failed": {"status": "failed"},
    "last page": {"page": str(EXECUTIONS // 20)},
    "search by id": {"search": "000f4"},
    "slowest": {"sort": "-duration"},
    "since": {"since": "2027-06-01T00:00:00Z"},
}
TICK = """\
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: "1"}}
"""


def measure(folder: Path) -> list[Figure]:
    """Return how long lists take and how late events come."""
    found: list[Figure] = []
    if EXECUTIONS:
        store = open_store(folder / ".flowforge", clock=SystemClock(), terms=Terms(linger=1.0))
        try:
            fill(store, EXECUTIONS * STEPS_PER_EXECUTION)
        finally:
            store.close()
    with serving(folder, "tick", TICK) as served:
        url = served.told["url"]
        if EXECUTIONS:
            found += _lists(url)
        found.append(asyncio.run(_events(url)))
    return found


def _lists(url: str) -> list[Figure]:
    figures = []
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
        for name, wanted in LISTS.items():
            taken = [_asked(http, wanted) for _ in range(ASKED + 2)][2:]
            p95 = statistics.quantiles(taken, n=20)[-1] * 1000
            told = f"list of {EXECUTIONS:,} executions, {name}: p95"
            figures.append(Figure(told, p95, "ms", at_most=MAX_LIST_MS))
    return figures


def _asked(http: httpx.Client, wanted: dict[str, str]) -> float:
    started = time.perf_counter()
    http.get("/api/executions", params=wanted).raise_for_status()
    return time.perf_counter() - started


async def _events(url: str) -> Figure:
    """Start executions while many listen to their workflow, and see how late each event comes."""
    late: list[float] = []
    async with httpx.AsyncClient(
        base_url=url, timeout=None, trust_env=False, limits=httpx.Limits(max_connections=None)
    ) as http:
        listening = asyncio.Semaphore(0)
        streams = [asyncio.create_task(_listen(http, listening, late)) for _ in range(STREAMS)]
        for _ in range(STREAMS):
            await listening.acquire()
        for _ in range(EMITTED):
            await http.post("/api/executions", json={"workflow_id": "tick"})
            await asyncio.sleep(0.2)
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    name = f"event from the journal to {STREAMS} streams: p50"
    return Figure(name, statistics.median(late) * 1000, "ms", at_most=MAX_EVENT_MS)


async def _listen(
    http: httpx.AsyncClient, listening: asyncio.Semaphore, late: list[float]
) -> None:
    path = "/api/projects/default/workflows/tick/stream"
    async with http.stream("GET", path) as stream:
        listening.release()
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                at = datetime.fromisoformat(json.loads(line[6:])["at"])
                late.append(time.time() - at.timestamp())
