"""Webhooks by `wrk`: transform, condition, set, answer with the result; 1 kB, 50 connections, durable."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .figures import Figure
from .serving import cpu_seconds, owner_pid, serving

SECONDS, WARM_SECONDS, CONNECTIONS = 8, 2, 50
MIN_PER_SECOND, MAX_P99_MS = 1000, 150
HOOK = """\
nodes:
  hook: {kind: trigger.webhook, config: {answer: with_result}, next: change}
  change:
    kind: action.transform
    config: {value: "{'total': input.body.amount * 2, 'who': input.body.name}"}
    next: check
  check: {kind: logic.condition, config: {condition: "input.value.total > 10"}, next: {true: keep, false: keep}}
  keep: {kind: action.set_variable, config: {name: total, value: "{{ nodes.change.value.total }}"}, next: end}
  end: {kind: flow.end, config: {result: nodes.change.value}}
"""
SCRIPT = """\
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"amount": 21, "name": "Ann", "rest": "' .. string.rep("x", 980) .. '"}'
"""


@dataclass(frozen=True)
class Pressed:
    """What `wrk` saw of a server."""

    count: int
    per_second: float
    p99_ms: float
    failed: int


def measure(folder: Path) -> list[Figure]:
    """Return rate, latency and processor time of calls; raises `OSError` where there is no `wrk`."""
    with serving(folder, "hook", HOOK) as served:
        url, owner = served.told["webhooks"][0], owner_pid(folder)
        press(url, folder, WARM_SECONDS)
        before = cpu_seconds(served.pid), cpu_seconds(owner)
        seen = press(url, folder, SECONDS)
        spent = cpu_seconds(served.pid) - before[0], cpu_seconds(owner) - before[1]
    name = "webhook, five nodes, answered with the result"
    return [
        Figure(name, seen.per_second, "/s", at_least=MIN_PER_SECOND),
        Figure("... p99", seen.p99_ms, "ms", at_most=MAX_P99_MS),
        Figure("... answered with an error", seen.failed, "", at_most=0.0),
        Figure("... processor time of the server", spent[0] / seen.count * 1000, "ms"),
        Figure("... processor time of the journal's owner", spent[1] / seen.count * 1000, "ms"),
    ]


def press(url: str, folder: Path, seconds: int) -> Pressed:
    """Call an address by `wrk` for some seconds."""
    (folder / "post.lua").write_text(SCRIPT)
    options = [f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", "post.lua"]
    command = ["wrk", "-t1", *options, url]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return read_wrk(done.stdout)


def read_wrk(out: str) -> Pressed:
    """Return the figures in what `wrk --latency` prints."""
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return Pressed(
        count=int(re.search(r"(\d+) requests in", out)[1]),
        per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        p99_ms=float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
        failed=int(failed[1]) if failed else 0,
    )
