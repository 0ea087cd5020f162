"""Two worker processes on Redis drain executions of three steps: `python -m tests.bench.drain_queue [5000]`."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flowforge_lab import open_lab
from flowforge_lab.engine import Start
from flowforge_lab.settings import Settings
from tests.redis_server import redis_server

WORKERS = 2
FLOW = """
nodes:
  start: {kind: trigger.manual, next: a}
  a: {kind: action.transform, config: {value: "1"}, next: b}
  b: {kind: action.transform, config: {value: nodes.a.value}, next: c}
  c: {kind: action.transform, config: {value: nodes.b.value}}
"""


def drain(count: int) -> dict[str, float]:
    """Return seconds, executions a second and the processor time of each process."""
    with tempfile.TemporaryDirectory() as place, redis_server(Path(place)) as redis:
        folder = Path(place) / "lab"
        folder.mkdir()
        flow = folder / "flow.flow.yaml"
        flow.write_text(FLOW)
        settings = Settings(owner_linger_seconds=2, queue_url=redis.url)
        with open_lab(folder, settings=settings) as lab:
            fill(lab, flow, count)
            workers = [spawn(folder, redis.url) for _ in range(WORKERS)]
            try:
                until_first(lab, count)
                begun = time.monotonic()
                before = lab.queue.stats()
                left = before.ready + before.running
                used = {process.pid: cpu(process.pid) for process in workers}
                own, host = owner_of(lab), cpu(os.getpid())
                owner = cpu(own)
                lab.serve(until=lambda: is_empty(lab))
                seconds = time.monotonic() - begun
                figures = {
                    "executions": left,
                    "seconds": round(seconds, 2),
                    "per second": round(left / seconds),
                    "owner CPU s": round(cpu(own) - owner, 2),
                    "host CPU s": round(cpu(os.getpid()) - host, 2),
                }
                for process in workers:
                    figures[f"worker {process.pid} CPU s"] = round(
                        cpu(process.pid) - used[process.pid], 2
                    )
                figures["load"] = os.getloadavg()[0]
                return figures
            finally:
                for process in workers:
                    process.terminate()
                    process.wait(10)


def fill(lab, flow: Path, count: int) -> None:
    async def put() -> None:
        plan = await lab.parts.workflows.register(await lab.parts.workflows.read(flow))
        for _ in range(count):
            await lab.parts.executions.start_plan(plan, Start(is_queued=True))

    lab._loop.run_sync(put())


def spawn(folder: Path, url: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "FLOWFORGE_QUEUE_URL": url}
    command = [sys.executable, "-m", "flowforge_lab.cli", "worker", "--lab", str(folder)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def until_first(lab, count: int) -> None:
    """Wait until the workers are up: start-up is not what is measured."""
    lab.serve(until=lambda: lab.queue.stats().ready < count)


def is_empty(lab) -> bool:
    stats = lab.queue.stats()
    return not stats.ready and not stats.running


def owner_of(lab) -> int:
    import json

    return int(json.loads((lab.root / ".flowforge" / "owner.json").read_text())["pid"])


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    for name, value in drain(int(sys.argv[1]) if len(sys.argv) > 1 else 5000).items():
        print(f"{name:>24}  {value}")
