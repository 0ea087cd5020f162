"""A `flowforge serve` of its own, as others start it, and what it costs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flowforge_lab.store.layout import Layout

FLOWFORGE = (sys.executable, "-m", "flowforge_lab.cli")


@dataclass(frozen=True)
class Served:
    """A server that runs: what it said of itself, and its process."""

    told: dict
    pid: int


@contextmanager
def serving(folder: Path, workflow: str = "", text: str = "") -> Iterator[Served]:
    """Serve the lab in `folder` until the context ends; with a workflow, that is active in it."""
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "FLOWFORGE_LAB": str(folder)}

    def do(*words: str) -> None:
        command = [*FLOWFORGE, *words]
        subprocess.run(command, env=environment, check=True, capture_output=True, cwd=folder)

    do("init", str(folder))
    if workflow:
        (folder / f"{workflow}.flow.yaml").write_text(text)
        do("activate", f"{workflow}.flow.yaml")
    command = [*FLOWFORGE, "serve", "--json", "--quiet", "--port", "0"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield Served(_greeting(server), server.pid)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


def owner_pid(folder: Path) -> int:
    """Return the process that keeps the journal of the lab in `folder`."""
    place = Layout(folder / ".flowforge").folder / "owner.json"
    return int(json.loads(place.read_text())["pid"])


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _greeting(server: subprocess.Popen) -> dict:
    text = ""
    while text.count("{") != text.count("}") or not text:
        text += server.stdout.readline()
    time.sleep(0.3)
    return json.loads(text)
