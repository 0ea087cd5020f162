"""The program as processes: killed, interrupted, stopped, several at once."""

import json
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from flowforge_lab.cli.jupyter_server import JupyterServer
from tests.patience import wait_for

SOON = 15  # a second or two where nothing else runs; what waits for its work takes a minute
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


WRITES = """\
nodes:
  start: {kind: trigger.manual, next: note}
  note: {kind: test.append, config: {path: "%s", text: written}}
"""


def ended(flowforge, id):
    """Return what is shown of an execution once it is over."""
    shown = flowforge("show", id, "--json").json
    return shown if shown["status"] not in {"queued", "running", "waiting"} else None


def started(flowforge, node="nap"):
    """Return the id of the newest execution once it is in `node`."""

    def find():
        answer = flowforge("show", "--json")
        if answer.code:
            return None
        running = [step for step in answer.json["steps"] if step["node"] == node]
        return answer.json["execution_id"] if running else None

    return wait_for(find)


def times_run(flowforge, id, node):
    return len(flowforge("show", id, "--step", node, "--json").json)


def test_a_killed_run_goes_on_from_the_last_finished_step(flowforge, process, slow_workflow):
    child = process("run", slow_workflow(60))
    id = started(flowforge)
    child.kill()
    child.wait()
    slow_workflow(60)

    resumed = process("resume", id, "--json")
    wait_for(lambda: [e for e in _events(flowforge, id) if e["type"] == "execution.resumed"])
    flowforge("cancel", id)

    assert json.loads(resumed.communicate(timeout=30)[0])["status"] == "cancelled"
    assert times_run(flowforge, id, "first") == 1


def _events(flowforge, id):
    return flowforge("show", id, "--events", "--json").json


def test_resume_all_finishes_what_a_crash_cut_off(flowforge, process, slow_workflow):
    child = process("run", slow_workflow(3))
    id = started(flowforge)
    child.kill()
    child.wait()

    [outcome] = wait_for(lambda: flowforge("resume", "--all", "--json").json)

    assert (outcome["execution_id"], outcome["status"]) == (id, "succeeded")
    assert flowforge("resume", "--all").out == "nothing is due\n"


def test_resume_all_does_not_sit_through_a_wait_for_somebody(flowforge, process, slow_workflow):
    path = slow_workflow(2)
    path.write_text(
        path.read_text().partition("  last:")[0] + "  last: {kind: flow.wait_webhook}\n"
    )
    child = process("run", path)
    id = started(flowforge)
    child.kill()
    child.wait()

    [outcome] = wait_for(lambda: flowforge("resume", "--all", "--json").json)

    assert (outcome["execution_id"], outcome["status"]) == (id, "waiting")


def test_one_interrupt_cancels_the_execution(flowforge, process, slow_workflow):
    child = process("run", slow_workflow(60))
    id = started(flowforge)
    child.send_signal(signal.SIGINT)

    out, err = child.communicate(timeout=SOON)

    assert child.returncode == 130
    assert "cancelled" in out
    assert "Ctrl+C again" in err
    assert flowforge("show", id, "--json").json["status"] == "cancelled"


def test_two_interrupts_leave_the_execution_for_later(flowforge, process, slow_workflow):
    child = process("run", slow_workflow(2))
    id = started(flowforge)
    child.send_signal(signal.SIGINT)
    wait_for(lambda: "Ctrl+C again" in child.stderr.readline())
    child.send_signal(signal.SIGINT)

    _, err = child.communicate(timeout=SOON)
    status = flowforge("show", id, "--json").json["status"]

    assert child.returncode == 130, err
    assert status in {"running", "waiting", "cancelled"}, "it is left, or was cancelled before"


def test_a_detached_run_outlives_the_command(flowforge, process, slow_workflow):
    child = process("run", slow_workflow(1), "--detach", "--json")
    id = json.loads(child.communicate(timeout=40)[0])["execution_id"]

    def status():
        return flowforge("show", id, "--json").json["status"] == "succeeded"

    assert wait_for(status)


@pytest.mark.usefixtures("kinds")
def test_what_is_detached_begins_in_the_process_that_outlives_the_command(
    flowforge, folder, process
):
    """It has begun nowhere before: a step that writes would be lost to a crash there."""
    (folder / "writes.flow.yaml").write_text(WRITES % (folder / "lines"))

    def detached(*command):
        child = process(*command, "--detach", "--json")
        id = json.loads(child.communicate(timeout=40)[0])["execution_id"]
        return wait_for(lambda: ended(flowforge, id))

    def lines():
        return [line.split()[-1] for line in (folder / "lines").read_text().splitlines()]

    first = detached("run", "writes.flow.yaml")
    assert (first["status"], lines()) == ("succeeded", ["written"])
    assert [step["attempts"] for step in first["steps"]] == [1, 1]
    again = detached("restart", first["execution_id"])
    assert (again["status"], lines()) == ("succeeded", ["written"] * 2)
    from_there = detached("restart", first["execution_id"], "--from", "note")
    assert (from_there["status"], lines()) == ("succeeded", ["written"] * 3)


@pytest.mark.usefixtures("kinds")
def test_what_is_detached_waits_its_turn(flowforge, folder, process):
    (folder / "writes.flow.yaml").write_text(
        f"settings: {{concurrency: {{limit: 1}}}}\n{WRITES % (folder / 'lines')}"
    )
    children = [process("run", "writes.flow.yaml", "--detach", "--json") for _ in range(3)]
    ids = [json.loads(child.communicate(timeout=60)[0])["execution_id"] for child in children]

    ends = [wait_for(lambda id=id: ended(flowforge, id), 60)["status"] for id in ids]
    assert ends == ["succeeded"] * 3
    assert len((folder / "lines").read_text().splitlines()) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_cleanly_and_soon(process, slow_workflow, flowforge, number):
    flowforge("init")
    child = process("serve")
    assert "serving" in child.stdout.readline()
    flowforge("run", "hello.flow.yaml")

    child.send_signal(number)
    out, err = child.communicate(timeout=SOON)

    assert child.returncode == 0
    assert out.endswith("stopped\n")
    assert err == ""


def test_serve_stops_in_time_while_a_step_runs(flowforge, process, slow_workflow):
    first = process("run", slow_workflow(60))
    id = started(flowforge)
    first.kill()
    first.wait()
    child = process("serve")
    wait_for(lambda: [e for e in _events(flowforge, id) if e["type"] == "execution.resumed"])

    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=SOON)

    assert child.returncode == 0
    assert flowforge("show", id, "--json").json["status"] in {"running", "waiting"}


def test_two_servers_share_the_fires_and_none_happens_twice(flowforge, process):
    flowforge("activate", "ticks.flow.yaml")
    servers = [process("serve"), process("serve")]
    for server in servers:
        assert "serving" in server.stdout.readline()

    wait_for(lambda: len(flowforge("executions", "--json").json) >= 5)
    for server in servers:
        server.send_signal(signal.SIGTERM)
    for server in servers:
        server.communicate(timeout=SOON)

    query = (
        "select outputs->>'due_at' as due, count(*) n from steps where node = 'tick' group by 1"
    )
    fires = flowforge("history", "sql", query, "--json").json
    assert len(fires) >= 5
    assert {fire["n"] for fire in fires} == {1}


PARENT = """\
import os, subprocess, sys
command = [sys.executable, "-m", "flowforge_lab.cli", "serve", "--parent", str(os.getpid())]
print(subprocess.Popen(command, stdout=subprocess.DEVNULL).pid, flush=True)
sys.stdin.read()
"""


def test_the_server_beside_jupyterlab_ends_when_its_parent_is_killed(flowforge, process):
    flowforge("init")
    parent = process(program=[sys.executable, "-c", PARENT], stdin=subprocess.PIPE)
    server = int(parent.stdout.readline())

    parent.kill()

    wait_for(lambda: is_gone(server), seconds=15)


def is_gone(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def get(url, seconds=5):
    """Return the status of an address, asked directly."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=seconds) as answer:
            return answer.status
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


def told_address(child):
    lines = iter(child.stdout.readline, "}\n")
    return json.loads("".join(lines) + "}")["url"]


@pytest.mark.kernel
def test_lab_opens_jupyterlab_with_the_server_beside_it_and_ends_both(flowforge, process):
    child = process("lab", "--no-browser", "--json")
    url = told_address(child)

    assert get(url) == 200
    assert get(url.partition("?")[0].replace("/lab", "/api/contents")) == 403
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=30)

    assert child.returncode == 0
    assert get(url) == 0


@pytest.mark.kernel
def test_jupyterlab_ends_when_the_command_is_killed(process):
    child = process("lab", "--no-browser", "--json")
    url = told_address(child)
    assert get(url) == 200

    child.kill()

    wait_for(lambda: get(url) == 0, seconds=20)


class Stranger(BaseHTTPRequestHandler):
    """A JupyterLab of somebody else: it answers, but does not know our token."""

    def do_GET(self):
        self.send_error(403)

    def log_message(self, *_facts):
        pass


def test_a_jupyterlab_that_was_quicker_to_take_the_port_is_not_taken_for_our_own(tmp_path):
    ours = JupyterServer(tmp_path)
    port = int(ours.url.split(":")[2].partition("/")[0])
    with (
        ThreadingHTTPServer(("127.0.0.1", port), Stranger) as stranger,
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"]) as process,
    ):
        threading.Thread(target=stranger.serve_forever).start()

        assert not ours.wait_until_up(process)
        assert ours.is_crowded_out
        assert f":{port}/" not in JupyterServer(tmp_path).url
        stranger.shutdown()


def test_a_module_on_a_leash_ends_with_the_pipe_and_else_runs_to_its_end(process, folder):
    (folder / "waits.py").write_text(
        "import sys, time\nprint(*sys.argv[1:], flush=True)\ntime.sleep(60)"
    )
    (folder / "ends.py").write_text("import sys\nsys.stdin.read()\nsys.exit(7)")
    leash = (sys.executable, "-m", "flowforge_lab.cli.leash")

    waits = process("waits", "a", "b", program=leash, stdin=subprocess.PIPE)
    ends = process("ends", program=leash, stdin=subprocess.PIPE)

    assert waits.stdout.readline() == "a b\n"
    assert ends.wait(10) == 7
    waits.communicate(timeout=10)  # closes the pipe
    assert waits.returncode == -signal.SIGTERM
