"""Backtests over HTTP: told as they go on, ended by leaving, and nothing happens outside."""

import json

import pytest

from .conftest import Served, make_folder

pytestmark = pytest.mark.slow
WRITES = """\
id: writes
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: slow}
  slow: {kind: test.slow, config: {seconds: 0}, next: write}
  write: {kind: test.append, config: {path: "PATH", text: "{{ inputs.n }}"}, next: done}
  done: {kind: flow.end, config: {result: inputs.n}}
"""


def shown(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """Two projects with a workflow each that ran three times, and somebody who may run the one."""
    with Served(make_folder(tmp_path_factory.mktemp("past"))) as lab:
        http, tokens = lab.http, lab.parts.access.tokens
        lab.lines = lab.root / "lines"
        lab.text = WRITES.replace("PATH", str(lab.lines))
        for id in ("north", "south"):
            assert http.post("/api/projects", json={"id": id}).status_code == 201
            sent = {"id": f"{id}-flow", "text": lab.text.replace("writes", f"{id}-flow")}
            assert http.post(f"/api/projects/{id}/workflows", json=sent).status_code == 201
            for n in range(3):
                lab.start(f"{id}-flow", inputs={"n": n}, wait=10)
        lab.looks = shown(tokens.create("looks", "", roles={"north/*": "viewer"}))
        lab.runs = shown(tokens.create("runs", "", roles={"north/*": "operator"}))
        http.headers.update(shown(tokens.create("admin")))
        yield lab


@pytest.fixture
def edited(past):
    """Write another version of the workflow; it is as it was after the test."""
    path = past.root / "north-flow.flow.yaml"
    before = path.read_text()
    yield lambda old, new: path.write_text(before.replace(old, new))
    path.write_text(before)


def told(answer):
    """Return the events of a stream, each with its name."""
    lines = [line for line in answer.text.splitlines() if line.startswith(("event: ", "data: "))]
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return [(name[7:], json.loads(data[6:])) for name, data in pairs]


def backtest(lab, id="north-flow", headers=None, **sent):
    return lab.http.post(f"/api/workflows/{id}/backtest", json=sent or None, headers=headers)


def test_it_tells_how_it_gets_on_and_what_it_found_and_does_nothing(past, edited):
    edited("result: inputs.n", "result: inputs.n + 1")
    asked = "select count(*) as n from events"
    before = past.http.post("/api/history/query", json={"sql": asked}).json()

    events = told(backtest(past, headers=past.runs))

    assert [name for name, _ in events][-2:] == ["cases", "end"]
    assert [one for name, one in events if name == "progress"][-1] == {"done": 3, "total": 3}
    [cases] = [one for name, one in events if name == "cases"]
    assert [one["differences"][0]["after"] for one in cases] == [3, 2, 1]
    assert (events[-1][1]["changed"], past.lines.read_text().count("\n")) == (3, 6)
    assert past.http.post("/api/history/query", json={"sql": asked}).json() == before


def test_it_takes_somebody_who_may_run_the_workflow(past):
    answers = [
        backtest(past, headers=past.looks),
        backtest(past, "south-flow", headers=past.runs),
        backtest(past, headers=past.runs, where="true"),
    ]

    assert [one.status_code for one in answers] == [403] * 3
    assert backtest(past, where="version <> ''", limit=2).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"limit": 0}, 422),
        ({"limit": 10**30}, 422),
        ({"since": "soon"}, 422),
        ({"ignore": "x"}, 422),
        ({"nix": 1}, 422),
        ({"where": "nix"}, 400),
        ({"where": "true); drop view executions; --"}, 400),
        ({"since": "9999-12-31T00:00:00"}, 200),
        ({"ignore": ["\0", "é", "slow"]}, 200),
    ],
)
def test_what_cannot_be_tried_is_told_before_anything_is_sent(past, sent, status):
    answer = backtest(past, **sent)

    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_workflow_that_is_not_valid_or_not_there_is_not_tried(past, edited):
    edited("kind: flow.end", "kind: flow.nix")

    assert backtest(past).json()["code"] == "plan.invalid"
    assert backtest(past, "nix").json()["code"] == "not_found"


def test_whoever_leaves_ends_what_runs_and_others_have_their_turn(past, edited, tmp_path):
    lines = tmp_path / "lines"
    lines.touch()
    edited("{seconds: 0}", f'{{seconds: 30, told: "{lines}"}}')

    def count(word):
        return lines.read_text().splitlines().count(word)

    for _ in range(3):  # of which two run at once
        before = count("began")
        with past.http.stream("POST", "/api/workflows/north-flow/backtest"):
            past.wait_for(lambda before=before: count("began") > before)
        past.wait_for(lambda: count("began") == count("stopped"))

    edited("{seconds: 0}", "{seconds: 0.0}")
    assert told(backtest(past))[-1][0] == "end"


def test_it_ends_where_the_role_is_taken_away(past, edited):
    edited("{seconds: 0}", "{seconds: 30}")
    tokens = past.parts.access.tokens
    headers = shown(tokens.create("leaves", "", roles={"north/*": "operator"}))
    with past.http.stream("POST", "/api/workflows/north-flow/backtest", headers=headers) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        tokens.revoke("leaves")
        assert "event: end" not in list(lines)
