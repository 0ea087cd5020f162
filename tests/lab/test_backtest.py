"""Past executions, tried again in an edited workflow: what would be different, and nothing else happens."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import PlanError, QueryError
from flowforge_lab.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TEXT = """\
id: orders
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, inputs.n]"}, next: {body: write, done: read}}
  write: {kind: test.append, config: {path: "%(path)s", text: "{{ item }}"}, next: each}
  read: {kind: sql.query, config: {sql: "select $n + random() as x", parameters: {n: "{{ inputs.n }}"}}, next: flaky}
  flaky: {kind: test.flaky, config: {failures: 2}, retry: {attempts: 3, first: 10ms, jitter: false}, next: nap}
  nap: {kind: flow.delay, config: {duration: 10ms}, next: [left, right]}
  left: {kind: action.transform, config: {value: now()}, next: meet}
  right: {kind: action.transform, config: {value: "nodes.read.rows[0].x"}, next: meet}
  meet: {kind: logic.join, next: last}
  last: {kind: action.transform, config: {value: "inputs.n %(sum)s"}, on_error: told}
  told: {kind: flow.end, config: {result: "'divided by nothing'"}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """One lab for all: no test changes what is in it."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "nodes").symlink_to(ROOT / "tests" / "kinds")
    with ff.open_lab(folder, settings=Settings(owner_linger_seconds=0.5)) as lab:
        yield lab


@pytest.fixture(scope="module")
def orders(lab):
    """A workflow that ran three times: writes its file, edited, and returns the path."""
    path = lab.root / "orders.flow.yaml"

    def write(old="", new="", total="* 2"):
        text = TEXT % {"path": lab.root / "lines", "sum": total}
        path.write_text(text.replace(old, new) if old else text)
        return path

    for n in range(3):
        assert lab.run(write(), {"n": n}).status == "succeeded"
    return write


def test_an_unchanged_workflow_goes_as_it_went(lab, orders):
    found = lab.backtest(orders())

    assert (len(found), found.same, found.frame().empty) == (3, 3, True)
    assert list(found.executions().status_after) == ["succeeded"] * 3


def test_nothing_is_done_or_kept(lab, orders):
    path = orders(total="// inputs.n")
    before = [lab.sql("select * from events").shape, lab.versions.all("orders"), tree(lab.root)]

    lab.backtest(path)

    assert (lab.root / "lines").read_text().count("\n") == 6
    after = [lab.sql("select * from events").shape, lab.versions.all("orders"), tree(lab.root)]
    assert after == before


def tree(root):
    """Return the files of a lab but for those of its journal, which housekeeping may seal meanwhile."""
    parts = ("*", "nodes/*", ".flowforge/blobs/**/*", ".flowforge/artifacts/**/*")
    return sorted(str(path) for part in parts for path in root.glob(part))


def test_other_outputs_paths_and_errors_are_told(lab, orders):
    found = lab.backtest(orders(total="// inputs.n"), on_progress=lambda *_: None)
    zero, one, two = reversed(found.cases)

    assert [(each.what, each.node) for each in two.differences] == [
        ("result", ""),
        ("output", "last"),
    ]
    assert {
        (each.what, each.node, each.after) for each in zero.differences if each.what == "path"
    } == {
        ("path", "last", "error"),
        ("path", "told", "out"),
    }
    assert ("error", "last") in found.counts()
    assert one.status_after == "succeeded"


def test_a_step_that_is_new_and_acts_outside_was_not_recorded(lab, orders):
    path = orders(
        "next: last}\n",
        'next: post}\n  post: {kind: action.http_request, config: {url: "https://example.org"}, next: last}\n',
    )

    frame = lab.backtest(path).frame()

    errors = frame[(frame.what == "error") & (frame.node == "post")]
    assert {each["type"] for each in errors.after} == {"backtest.not_recorded"}
    assert len(errors) == 3


def test_what_a_step_would_ask_is_told_though_its_answer_stays(lab, orders):
    frame = lab.backtest(orders('text: "{{ item }}"', 'text: "<{{ item }}>"')).frame()

    assert set(frame.what) == {"request"}
    assert list(frame.visit[:2]) == ["each[0]/write", "each[1]/write"]
    assert frame.after[1]["text"] == "<2>"


def test_only_those_that_are_asked_for(lab, orders):
    later = datetime.now(UTC) + timedelta(minutes=1)

    assert len(lab.backtest(orders(), limit=2)) == 2
    assert len(lab.backtest(orders(), since=later)) == 0
    assert len(lab.backtest(orders(), where="duration < 0 -- never")) == 0
    assert lab.backtest(orders(), since=later).frame().empty


def test_outputs_of_nodes_that_are_ignored_do_not_count(lab, orders):
    path = orders("config: {value: now()}", "config: {value: [now()]}")

    assert lab.backtest(path).changed == 3
    assert lab.backtest(path, ignore=["left", "meet"]).counts() == {}


def test_what_cannot_be_tried_says_why(lab, orders):
    trigger = lab.backtest(orders("start: {kind: trigger.manual", "begin: {kind: trigger.manual"))
    inputs = lab.backtest(orders("default: 1}", "default: 5, minimum: 1}"))

    assert trigger.cases[0].problem == "the workflow has no trigger 'start' any more"
    assert [bool(case.problem) for case in inputs] in ([False, False, True], [False] * 3)


def test_bad_questions_are_refused(lab, orders):
    with pytest.raises(PlanError):
        lab.backtest(orders("kind: logic.join", "kind: logic.jion"))
    with pytest.raises(QueryError):
        lab.backtest(orders(), where="no such thing")


def test_whoever_watches_may_stop_it(lab, orders):
    def enough(done, total):
        msg = f"{done} of {total}"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="1 of 3"):
        lab.backtest(orders(), on_progress=enough)


class Counter(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.count += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def page():
    """A server that counts who asks it."""
    with HTTPServer(("127.0.0.1", 0), Counter) as server:
        server.count = 0
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


CUT_OFF = """
import socket, sys, threading
import flowforge_lab as ff

FORBIDDEN = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.posix_spawn", "os.fork")
tried = []

def refuse(event, arguments):
    if event in FORBIDDEN and is_cut_off:
        if event == "socket.connect" and arguments[0].family == socket.AF_UNIX:
            return  # the owner of the lab's own journal
        tried.append(event)
        raise OSError("the network is cut: " + event)

is_cut_off = False
sys.addaudithook(refuse)
with ff.open_lab(sys.argv[1]) as lab:
    lab.executions()
    is_cut_off = True
    found = lab.backtest("calls.flow.yaml")
    is_cut_off = False
print(found.same, found.changed, tried, found.frame().to_dict("records"))
"""
CALLS = """\
id: calls
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: action.http_request, config: {url: "%s", allow_private: true}, next: query}
  query: {kind: sql.query, config: {sql: "select 1 as one"}, next: sly}
  sly: {kind: test.sly, config: {url: "%s"}, next: last}
  last: {kind: action.transform, config: {value: "nodes.ask.status"}}
"""


def test_a_backtest_runs_with_the_network_cut(lab, page):
    (lab.root / "calls.flow.yaml").write_text(
        CALLS % ((f"http://127.0.0.1:{page.server_port}/",) * 2)
    )
    assert lab.run("calls.flow.yaml").status == "succeeded"
    asked = page.count

    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FLOWFORGE_OWNER_LINGER_SECONDS": "0.5"}
    done = subprocess.run(
        [sys.executable, "-c", CUT_OFF, str(lab.root)],
        cwd=lab.root, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0 1 []"), done.stdout
    assert "this step asked for clients.http" in done.stdout
    assert page.count == asked
