"""Two hosts under load; every two seconds one of them, or the owner, is killed. Every execution ends, no key is new."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flowforge_lab import open_lab

from .engine_storm import SETTINGS

SECONDS = float(os.environ.get("FLOWFORGE_CHAOS_SECONDS", "60"))
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(SECONDS + 300)]

WORKFLOW = """
settings: {{finally: tidy}}
nodes:
  start: {{kind: trigger.manual, next: [each, pause]}}
  each: {{kind: logic.loop, config: {{items: "[0, 1, 2]", parallel: 2}}, next: {{body: post, done: meet}}}}
  post:
    kind: action.http_request
    config: {{method: POST, url: "{url}", body: {{type: json, value: {{execution: "{{{{ execution.id }}}}", index: "{{{{ index }}}}"}}}}}}
    on_crash: rerun
    retry: {{attempts: 20, first: 100ms, longest: 500ms}}
    next: each
  pause: {{kind: flow.delay, config: {{duration: 300ms}}, next: again}}
  again: {{kind: logic.jump, config: {{max_jumps: 2}}, next: {{out: pause, exhausted: meet}}}}
  meet: {{kind: logic.join, next: count}}
  count: {{kind: action.transform, config: {{value: "[nodes.each.count, nodes.again.jump]"}}}}
  tidy: {{kind: action.transform, config: {{value: execution.status}}}}
"""
RESULTS = (
    "select execution_id, result from executions"  # one by one they take longer than the storm
)


class Receiver:
    """A service that knows idempotency keys, and counts what comes."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.keys: dict[tuple[str, int], set[str]] = {}
        received = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if not content:  # its sender was killed
                    return
                body = json.loads(content)
                received.take(self.headers["Idempotency-Key"], body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, key: str, body: dict) -> None:
        self.calls[key] += 1
        self.keys.setdefault((body["execution"], int(body["index"])), set()).add(key)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


class Hosts:
    """The processes, and what they said they had started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self.logs: list[Path] = []
        self.kills: Counter[str] = Counter()

    def spawn(self) -> None:
        log = self.folder.parent / f"host-{len(self.logs)}.log"
        self.logs.append(log)
        command = [sys.executable, "-m", "tests.chaos.engine_storm", str(self.folder), str(log)]
        with log.with_suffix(".stderr").open("wb") as errors:
            self.running.append(
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
            )

    def kill_one(self) -> None:
        victim = self.running.pop(random.randrange(len(self.running)))
        victim.kill()
        victim.wait()
        self.kills["host"] += 1
        self.spawn()

    def kill_owner(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            owner = json.loads((self.folder / ".flowforge" / "owner.json").read_text())
            os.kill(owner["pid"], signal.SIGKILL)
            self.kills["owner"] += 1

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    def started(self) -> set[str]:
        return {line for log in self.logs if log.exists() for line in log.read_text().split()}


@pytest.fixture
def hosts(tmp_path, receiver):
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "storm.flow.yaml").write_text(WORKFLOW.format(url=receiver.url))
    open_lab(folder, settings=SETTINGS).close()
    hosts = Hosts(folder)
    hosts.spawn()
    hosts.spawn()
    yield hosts
    hosts.end()


def test_every_execution_ends_and_every_effect_has_one_key(hosts, receiver, capsys):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(2)
        random.choice([hosts.kill_one, hosts.kill_one, hosts.kill_owner])()
    hosts.end()

    with open_lab(hosts.folder, settings=SETTINGS) as lab:
        finish(lab)
        ended = {head.id: head for head in lab.heads(limit=1_000_000)}
        results = {row["execution_id"]: json.loads(row["result"]) for row in lab.rows(RESULTS)}
    with capsys.disabled():
        print(
            f"\nengine storm of {SECONDS:.0f} s: kills {dict(hosts.kills)}, executions {len(ended)},"
            f" effects {len(receiver.calls)}, repeated calls {sum(receiver.calls.values()) - len(receiver.calls)}"
        )

    assert len(results) > SECONDS
    assert set(results) == set(ended) >= hosts.started()
    assert {head.status for head in ended.values()} == {"succeeded"}, failures(ended)
    assert [id for id, result in results.items() if result != {"count": {"value": [3, 3]}}] == []
    assert {key for key, found in receiver.keys.items() if len(found) > 1} == set()
    assert {(id, index) for id in ended for index in range(3)} == set(receiver.keys)


def finish(lab) -> None:
    """Go on with whatever the killed hosts left, until nothing is left."""
    until = time.monotonic() + 120

    def is_done() -> bool:
        open_ones = lab.heads(status=["queued", "running", "waiting"], limit=1)
        return not open_ones or time.monotonic() > until

    lab.serve(until=is_done)


def failures(ended) -> list[str]:
    return [
        f"{head.id} {head.status} {head.error}"
        for head in ended.values()
        if head.status != "succeeded"
    ][:5]
