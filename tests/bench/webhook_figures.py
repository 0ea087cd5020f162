"""Webhooks by `wrk`: transform, condition, set, answer with the result; 1 kB, 50 connections, durable."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from flowforge_lab.store.layout import Layout

from .figures import Figure

SECONDS, CONNECTIONS = 8, 50
MIN_PER_SECOND, MAX_P99_MS = 1000, 150
FLOWFORGE = (sys.executable, "-m", "flowforge_lab.cli")
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


def measure(folder: Path) -> list[Figure]:
    """Return rate, latency and processor time of calls; raises `OSError` where there is no `wrk`."""
    (folder / "hook.flow.yaml").write_text(HOOK)
    (folder / "post.lua").write_text(SCRIPT)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "FLOWFORGE_LAB": str(folder)}
    for words in (("init", str(folder)), ("activate", str(folder / "hook.flow.yaml"))):
        subprocess.run([*FLOWFORGE, *words], env=environment, check=True, capture_output=True)
    serve = [*FLOWFORGE, "serve", "--json", "--quiet"]
    server = subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        told = _greeting(server)
        url = told["webhooks"][0]
        _wrk(url, folder, 2)
        owner = json.loads((Layout(folder / ".flowforge").folder / "owner.json").read_text())[
            "pid"
        ]
        before = _cpu(server.pid), _cpu(owner)
        out = _wrk(url, folder, SECONDS)
        spent = _cpu(server.pid) - before[0], _cpu(owner) - before[1]
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
    return _figures(out, spent)


def _greeting(server):
    text = ""
    while text.count("{") != text.count("}") or not text:
        text += server.stdout.readline()
    time.sleep(0.3)
    return json.loads(text)


def _wrk(url, folder, seconds):
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--latency",
        "-s",
        "post.lua",
        url,
    ]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def _cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _figures(out, spent):
    count = int(re.search(r"(\d+) requests in", out)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    p99 = float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return [
        Figure(
            "webhook, five nodes, answered with the result", rate, "/s", at_least=MIN_PER_SECOND
        ),
        Figure("... p99", p99, "ms", at_most=MAX_P99_MS),
        Figure("... answered with an error", float(failed[1]) if failed else 0.0, "", at_most=0.0),
        Figure("... processor time of the server", spent[0] / count * 1000, "ms"),
        Figure("... processor time of the journal's owner", spent[1] / count * 1000, "ms"),
    ]
