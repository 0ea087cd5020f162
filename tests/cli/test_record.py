"""Executions written as tests, and these tests run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flowforge_lab.errors import DocumentError
from flowforge_lab.testing import rehearse_recording

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TEXT = """\
id: order
inputs: {n: {type: integer, default: 3}}
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, inputs.n]"}, next: {body: write, done: read}}
  write: {kind: action.set_variable, config: {scope: project, name: seen, value: "{{ item }}"}, next: each}
  read: {kind: sql.query, config: {sql: "select $n as x, random() as r", parameters: {n: "{{ inputs.n }}"}}, next: tell}
  tell: {kind: action.transform, config: {set: {x: "{{ nodes.read.rows[0].x }}", mark: "{{ vars.project.mark }}"}}, next: done}
  done: {kind: flow.end, config: {result: nodes.tell.value}}
"""


@pytest.fixture
def order(flowforge, folder):
    """The file of a workflow, whose execution was recorded."""
    path = folder / "order.flow.yaml"
    path.write_text(TEXT)
    flowforge("variables", "set", "mark", '"blue"')
    id = flowforge("run", "order.flow.yaml", "--json").json["execution_id"]
    written = flowforge("record", id, "--json").json
    assert Path(written["test"]).exists()
    return path


@pytest.mark.timeout(120)
def test_a_test_runs_where_its_lab_is_not_and_fails_where_the_workflow_changed(order, folder):
    shutil.rmtree(folder / ".flowforge")
    words = [sys.executable, "-m", "flowforge_lab.cli", "test", "tests", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    order.write_text(TEXT.replace("rows[0].x }}", "rows[0].x * 2 }}"))

    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False)

    answer = json.loads(done.stdout)
    failed = [one["test"].split("::")[1] for one in answer["failed"]]
    assert (done.returncode, failed) == (1, ["test_gives_the_same", "test_ends_as_it_did"])
    assert answer["passed"] == 3


def test_another_request_another_way_and_another_error_are_noticed(order, folder):
    [recording] = folder.glob("tests/recordings/*.json")

    order.write_text(TEXT.replace('value: "{{ item }}"', 'value: "{{ item + 1 }}"'))
    asked = rehearse_recording(recording)
    order.write_text(TEXT.replace('items: "[1, inputs.n]"', 'items: "[inputs.n]"'))
    shorter = rehearse_recording(recording)
    order.write_text(TEXT.replace("rows[0].x }}", "rows[9].x }}"))
    broken = rehearse_recording(recording)

    assert [one.split(":")[0] for one in asked.differ("request")] == [
        "each[0]/write",
        "each[1]/write",
    ]
    assert shorter.differ("path") == ["each[1]/write: 'out' is now None"]
    assert (broken.status, len(broken.differ("error"))) == ("failed", 2)


def test_a_file_that_is_no_recording_says_so(tmp_path):
    (tmp_path / "x.json").write_text("[1]")

    with pytest.raises(DocumentError, match="is no recording"):
        rehearse_recording(tmp_path / "x.json")


def test_what_varies_by_itself_is_not_compared(flowforge, folder):
    text = 'nodes: {start: {kind: trigger.manual, next: a}, a: {kind: python.code, config: {code: "import random; result = random.random()", effects: none}}}'
    (folder / "dice.flow.yaml").write_text(text)
    id = flowforge("run", "dice.flow.yaml", "--json").json["execution_id"]

    told = flowforge("record", id)

    assert (told.code, "vary: (result), a" in told.out) == (0, True)


def test_a_test_is_not_overwritten_by_accident(flowforge, order):
    id = flowforge("executions", "--json").json[0]["execution_id"]

    assert flowforge("record", id).code == 4
    assert flowforge("record", id, "--force").code == 0


def test_a_workflow_that_has_changed_since_is_refused(flowforge, order):
    id = flowforge("executions", "--json").json[0]["execution_id"]
    order.write_text(TEXT.replace("rows[0].x }}", "rows[0].x * 2 }}"))

    refused = flowforge("record", id, "--to", "other", "--json")

    assert refused.code == 4
    assert "no longer does what it did" in refused.error["message"]


def test_without_tests_it_says_how_to_make_some(flowforge):
    flowforge("run", "hello.flow.yaml")

    assert "flowforge record" in flowforge("test", "--json").error["message"]
