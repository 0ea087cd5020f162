"""What a server with a long history answers: lists of a million executions, and events to many listeners."""

import json
import os
import re
import select
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
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
_DATA = re.compile(rb"data: (.*)\n")
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
        found.append(_events(url))
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


def _events(url: str) -> Figure:
    """Start executions while many listen to their workflow, and see how late each event comes.

    An event has come when its bytes can be read; they are looked into only afterwards, since whoever
    listens shares the processors with the server here.
    """
    with ExitStack() as stack:
        streams = [stack.enter_context(_listening(url)) for _ in range(STREAMS)]
        starting = threading.Thread(target=_start_some, args=(url,))
        starting.start()
        while starting.is_alive() or _read(streams):
            _read(streams)
        starting.join()
    late = [seconds for stream in streams for seconds in stream.lateness()]
    assert len(late) >= STREAMS * EMITTED, f"{len(late)} events came"
    name = f"event from the journal to {STREAMS} streams: p50"
    return Figure(name, statistics.median(late) * 1000, "ms", at_most=MAX_EVENT_MS)


def _start_some(url: str) -> None:
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
        for _ in range(EMITTED):
            http.post("/api/executions", json={"workflow_id": "tick"}).raise_for_status()
            time.sleep(0.2)


@dataclass
class _Stream:
    """A connection that listens, and what came on it when."""

    socket: socket.socket
    came: list[tuple[float, bytes]] = field(default_factory=list)

    def lateness(self) -> Iterator[float]:
        """Yield for each event how many seconds after it happened it came."""
        for at, text in self.came:
            for data in _DATA.findall(text):
                yield at - datetime.fromisoformat(json.loads(data)["at"]).timestamp()


@contextmanager
def _listening(url: str) -> Iterator[_Stream]:
    host, port = url.removeprefix("http://").split(":")
    path = "/api/projects/default/workflows/tick/stream"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        begun = b""
        while b": still here" not in begun:
            begun += connection.recv(65536)
        assert begun.startswith(b"HTTP/1.1 200"), begun
        connection.settimeout(0)
        yield _Stream(connection)


def _read(streams: list[_Stream]) -> bool:
    """Take in what comes within half a second; false if nothing does."""
    ready, _, _ = select.select([stream.socket for stream in streams], [], [], 0.5)
    by_socket = {stream.socket: stream for stream in streams}
    for one in ready:
        text = one.recv(1 << 20)
        by_socket[one].came.append((time.time(), text))
    return bool(ready)
