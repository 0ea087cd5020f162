"""A host, two workers and Redis; one after the other is killed while executions run. All of them finish."""

import itertools
import os
import subprocess
import sys
import time
from collections import Counter

import pytest

from flowforge_lab import open_lab
from flowforge_lab.settings import Settings
from tests.redis_server import redis_server

from .test_engine_storm import Receiver

EXECUTIONS = int(os.environ.get("FLOWFORGE_CHAOS_EXECUTIONS", "200"))
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(EXECUTIONS + 300)]

SETTINGS = Settings(owner_linger_seconds=20, private_addresses_allowed=True)
WORKFLOW = """
nodes:
  start: {{kind: trigger.manual, next: first}}
  first:
    kind: action.http_request
    config: {{method: POST, url: "{url}", body: {{type: json, value: {{execution: "{{{{ execution.id }}}}", index: "0"}}}}}}
    on_crash: rerun
    retry: {{attempts: 20, first: 100ms, longest: 500ms}}
    next: pause
  pause: {{kind: flow.delay, config: {{duration: 500ms}}, next: second}}
  second:
    kind: action.http_request
    config: {{method: POST, url: "{url}", body: {{type: json, value: {{execution: "{{{{ execution.id }}}}", index: "1"}}}}}}
    on_crash: rerun
    retry: {{attempts: 20, first: 100ms, longest: 500ms}}
"""
ENVIRONMENT = {
    "FLOWFORGE_LEASE_SECONDS": "2",
    "FLOWFORGE_POLL_SECONDS": "0.1",
    "FLOWFORGE_QUEUE_VISIBILITY_SECONDS": "1",
    "FLOWFORGE_MAX_RUNNING": "6",
    "FLOWFORGE_PRIVATE_ADDRESSES_ALLOWED": "true",
    "FLOWFORGE_OWNER_LINGER_SECONDS": "20",
}


class Processes:
    """A host and two workers, each started again after it was killed."""

    def __init__(self, folder, redis) -> None:
        self.redis = redis
        self._folder = folder
        self._environment = {**os.environ, **ENVIRONMENT, "FLOWFORGE_QUEUE_URL": redis.url}
        self._running = {name: self._spawn(name) for name in ("serve", "worker", "worker 2")}
        self.kills: Counter[str] = Counter()

    def _spawn(self, name: str) -> "subprocess.Popen[bytes]":
        program = [
            sys.executable,
            "-m",
            "flowforge_lab.cli",
            name.split(maxsplit=1)[0],
            "--lab",
            str(self._folder),
        ]
        with (self._folder.parent / f"{name}.log").open("ab") as log:
            return subprocess.Popen(program, env=self._environment, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        self.kills[name] += 1
        if name == "redis":
            self.redis.kill()
            time.sleep(0.5)
            self.redis.start()
            return
        self._running[name].kill()
        self._running[name].wait()
        self._running[name] = self._spawn(name)

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()


def test_all_executions_finish_and_no_effect_has_two_keys(tmp_path, capsys):
    receiver = Receiver()
    folder = tmp_path / "lab"
    folder.mkdir()
    flow = folder / "storm.flow.yaml"
    flow.write_text(WORKFLOW.format(url=receiver.url))
    with redis_server(tmp_path) as redis, open_lab(folder, settings=SETTINGS) as lab:
        ids = [lab.queue.put(flow) for _ in range(EXECUTIONS)]
        processes = Processes(folder, redis)
        begun = time.monotonic()
        try:
            storm(lab, processes)
            lab.queue.drain(timeout=120)
        finally:
            processes.end()
            receiver.server.shutdown()
            receiver.server.server_close()
        heads = [lab.get(id) for id in ids]
    repeated = sum(receiver.calls.values()) - len(receiver.calls)
    with capsys.disabled():
        print(
            f"\nqueue storm: {EXECUTIONS} executions in {time.monotonic() - begun:.0f} s, kills"
            f" {dict(processes.kills)}, effects {len(receiver.calls)}, repeated calls {repeated}"
        )

    assert Counter(head.status for head in heads) == {"succeeded": EXECUTIONS}
    assert {key for key, found in receiver.keys.items() if len(found) > 1} == set()
    assert set(receiver.keys) == {(id, index) for id in ids for index in range(2)}
    assert min(processes.kills[name] for name in ("serve", "worker", "worker 2", "redis")) >= 1


def storm(lab, processes: Processes) -> None:
    """Kill one after the other, every four seconds, while there is something to do."""
    victims = itertools.cycle(("worker", "redis", "serve", "worker 2"))
    while lab.queue.stats().ready + lab.queue.stats().running == 0:
        time.sleep(0.1)
    while (stats := lab.queue.stats()).ready + stats.running + stats.delayed:
        time.sleep(4)
        processes.kill(next(victims))
