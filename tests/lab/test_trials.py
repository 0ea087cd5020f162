"""What an editor may try while a workflow is written: earlier values, parts of a run, pins, other versions."""

import subprocess

import pandas as pd
import pytest

from flowforge_lab.lab import open_session
from flowforge_lab.services import answer
from flowforge_lab.services.editing.samples import samples_in, short
from flowforge_lab.values import Frame
from tests.lab.page import Page

pytestmark = pytest.mark.slow

FLOW = """\
id: report
inputs: {month: {type: integer, default: 3}}
nodes:
  start: {kind: trigger.manual, next: rows}
  rows: {kind: action.transform, config: {value: "[{'carrier': 'UA', 'late': 12}]"}, next: each}
  each: {kind: logic.loop, config: {items: nodes.rows.value}, next: {body: work, done: last}}
  work: {kind: action.transform, config: {value: item.late}, next: each}
  last: {kind: action.transform, config: {value: "1"}}
"""


@pytest.fixture
def page():
    return Page(answer)


@pytest.fixture
def file(lab):
    path = lab.root / "report.flow.yaml"
    path.write_text(FLOW, encoding="utf-8")
    return path


@pytest.fixture
def session(lab, file):
    session = open_session(file, lab=lab)
    yield session
    session.close()


def value(page, session, text, node="last", *, template=False):
    return page.ask(session, "evaluate", text=text, node=node, template=template)


def done(message):
    return message.get("run", {}).get("finished_at") is not None


def test_before_the_first_run_it_says_that_one_is_needed(session, page):
    assert "run it once" in value(page, session, "inputs.month")["missing"]
    assert {"path": "len", "type": "function"}.items() <= next(
        name for name in session.names("last") if name["path"] == "len"
    ).items()


def test_expressions_give_what_they_would_with_the_last_values(lab, file, session, page):
    lab.run(file)

    assert value(page, session, "nodes.rows.value[0].late + inputs.month")["value"] == 15
    assert value(page, session, "in {{ inputs.month }}", template=True)["value"] == "in 3"
    assert value(page, session, "item.carrier", "work")["value"] == "UA"
    assert "error" in value(page, session, "nodes.rows.value[5]")
    assert "error" in value(page, session, "1 +")


def test_a_node_that_never_ran_looks_from_behind_what_leads_to_it(lab, file, session, page):
    lab.run(file)
    added = {"op": "add_node", "id": "fresh", "node": {"kind": "flow.end", "config": {}}}
    edge = {"source": "last", "from": "out", "target": "fresh", "to": "in"}
    session.apply([added, {"op": "connect", "edge": edge}])

    assert value(page, session, "input.value", "fresh")["value"] == 1
    assert value(page, session, "nodes.rows.value[0].carrier", "fresh")["value"] == "UA"


def test_names_are_told_with_what_they_held(lab, file, session):
    lab.run(file)

    names = {name["path"]: name.get("sample") for name in session.names("work")}
    assert names["nodes.rows.value[0].carrier"] == '"UA"'
    assert names["item.late"] == "12"
    assert names["inputs.month"] == "3"


def test_a_table_is_told_by_its_size_and_hostile_values_do_no_harm():
    frame = Frame.of(pd.DataFrame({"a": [1, 2]}))
    scope = {"nodes": {"t": {"rows": frame, "bad name": 1, "deep": [[{}]]}}, "vars": {}}

    found = {name["path"]: name["sample"] for name in samples_in(scope, frozenset({"t"}))}
    assert found["nodes.t.rows"] == "2 rows: a"
    assert found["nodes.t.rows.row_count"] == "2"
    assert "nodes.t.bad name" not in found
    assert len(short("x" * 999)) == 60


def test_a_part_of_a_run_ends_behind_its_node(session, page):
    session.join(page)
    page.ask(session, "run_part", node="rows")
    page.wait_for(done)

    assert session.statuses["rows"]["state"] == "succeeded"
    assert session.statuses["last"]["state"] == "skipped"


def test_one_node_runs_alone_with_the_input_it_had(lab, file, session, page):
    lab.run(file)
    session.join(page)
    page.ask(session, "run_part", node="last", alone=True)
    page.wait_for(done)

    assert session.statuses["last"]["state"] == "succeeded"
    assert session.run_status["state"] == "succeeded"


def test_pinned_data_stands_for_its_node_until_it_is_taken_away(lab, file, session, page):
    lab.run(file)
    assert page.ask(session, "pin", node="rows")["pins"].keys() == {"rows"}

    session.join(page)
    session.run()
    page.wait_for(done)
    steps = {step.node: step.is_pinned for step in lab.steps_of(lab.heads()[0].id)}
    assert steps["rows"]
    assert page.ask(session, "pin", node="rows", off=True)["pins"] == {}


def test_it_is_compared_with_the_file_a_kept_version_and_a_commit(lab, file, session, page):
    lab.run(file)
    for command in (["init", "-q"], ["add", file.name], ["commit", "-qm", "x"]):
        subprocess.run(
            ["git", "-c", "user.email=a@b.c", "-c", "user.name=a", *command],
            cwd=file.parent, check=True,
        )  # fmt: skip
    session.apply([{"op": "remove", "nodes": ["last"], "edges": []}])

    versions = [one["name"] for one in page.ask(session, "versions")["versions"]]
    assert versions[:2] == ["saved", "HEAD:./report.flow.yaml"]
    assert len(versions) == 3
    for name in versions:
        told = page.ask(session, "difference", against=name)
        assert list(told["gone"]) == ["last"], name
        assert {change["how"] for change in told["changes"]} == {"removed"}


def test_what_cannot_be_tried_is_told(lab, file, page):
    session = open_session(file, lab=lab)
    assert page.ask(session, "pin", node="nobody")["tone"] == "error"
    assert page.ask(session, "difference", against="v9")["tone"] == "error"
    assert page.ask(session, "run_part", node="nobody")["tone"] == "error"
    assert page.ask(session, "part", name="nonsense")["tone"] == "error"
    session.close()


def test_a_run_stops_at_a_breakpoint_of_the_editor_and_goes_on(session, page):
    session.join(page)
    session.set_breakpoint("last", "")
    page.ask(session, "run", inputs={})
    stopped = page.wait_for(lambda one: one["kind"] == "run" and one["run"]["state"] == "paused")
    assert stopped["run"]["stopped_at"] == "last"

    page.ask(session, "steer")

    page.wait_for(lambda one: one["kind"] == "run" and one["run"]["state"] == "succeeded")
