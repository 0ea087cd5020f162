"""An execution that failed, or whose runner is gone, tells how it can go on, and does."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.lab import going_on_of

pytestmark = pytest.mark.slow
FLOW = """\
nodes:
  start: {kind: trigger.manual, next: read}
  read: {kind: action.transform, config: {value: "1"}, next: check}
  check: {kind: python.code, config: {code: "import os\\nassert os.path.exists('mended')\\nresult = 1"}}
"""

KILLED = """\
nodes:
  start: {{kind: trigger.manual, next: one}}
  one: {{kind: test.append, config: {{path: "{path}", text: one, kill: true}}, next: two}}
  two: {{kind: test.append, config: {{path: "{path}", text: two}}}}
"""


@pytest.fixture
def going_on(lab):
    found = going_on_of(lab.parts)

    class Told:
        def ways(self, id):
            return lab.loop.run_sync(found.ways(id))

        def go_on(self, id, how=""):
            return lab.wait(lab.loop.run_sync(found.go_on(id, how)))

    return Told()


def until(holds):
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def write(path, *cells):
    cells = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def test_one_that_failed_begins_again_with_the_step_that_failed(lab, folder, going_on):
    (folder / "flow.flow.yaml").write_text(FLOW)
    failed = lab.run("flow.flow.yaml")

    [way] = going_on.ways(failed.execution_id)
    again = going_on.go_on(failed.execution_id)

    assert (way.how, way.node, way.is_possible) == ("step", "check", True)
    assert way.told()["title"] == "Begin again with the step 'check'"
    assert again.execution_id != failed.execution_id
    assert [head.origin for head in lab.heads(status=("failed",))] == [failed.execution_id, ""]


def test_one_whose_workflow_was_mended_may_begin_again_in_it(lab, folder, going_on):
    path = folder / "flow.flow.yaml"
    path.write_text(FLOW)
    failed = lab.run("flow.flow.yaml").execution_id
    path.write_text(FLOW.replace("assert", "# assert"))

    ways = {way.how: way for way in going_on.ways(failed)}
    assert list(ways) == ["step", "mended_step", "mended"]
    assert all(way.is_possible for way in ways.values())
    assert ways["mended_step"].told()["title"].endswith("'check', in the workflow as it is now")
    assert going_on.go_on(failed).status == "failed"  # by default in its own version
    for how, nodes in (("mended_step", ["check"]), ("mended", ["start", "read", "check"])):
        again = going_on.go_on(failed, how)
        state = lab.loop.run_sync(lab.parts.executions.state(again.execution_id))
        assert (again.status, [visit.node for visit in state.own_visits()]) == ("succeeded", nodes)


def test_what_keeps_a_changed_workflow_from_being_begun_in_is_told(lab, folder, going_on):
    path = folder / "flow.flow.yaml"
    path.write_text(FLOW)
    failed = lab.run("flow.flow.yaml").execution_id

    path.write_text(FLOW.replace("check", "other"))
    _, from_step, whole = going_on.ways(failed)
    assert (from_step.is_possible, whole.is_possible) == (False, True)
    assert "lacks the node 'check' to begin at" in from_step.told()["obstacles"][0]
    path.write_text(FLOW.replace("python.code", "python.kode"))
    _, from_step, whole = going_on.ways(failed)
    assert "python.kode" in whole.told()["obstacles"][0]
    path.write_text("nodes: [")
    assert not going_on.ways(failed)[-1].is_possible
    path.unlink()
    assert [way.how for way in going_on.ways(failed)] == ["step"]


def test_one_that_succeeded_or_is_not_there_has_no_way(lab, folder, going_on):
    (folder / "flow.flow.yaml").write_text(FLOW.replace("assert", "#"))
    done = lab.run("flow.flow.yaml")

    assert going_on.ways(done.execution_id) == ()
    with pytest.raises(ConflictError, match="cannot go on from where it stopped"):
        going_on.go_on(done.execution_id)
    with pytest.raises(NotFoundError):
        going_on.ways("0199-none")


def test_one_whose_process_was_killed_goes_on_where_somebody_says_so(folder, settings):
    path = folder / "chain.flow.yaml"
    path.write_text(KILLED.format(path=folder / "lines"))
    code = "import sys, flowforge_lab as ff; ff.open_lab(sys.argv[1]).run(sys.argv[2])"
    dead = subprocess.Popen([sys.executable, "-c", code, str(folder), str(path)], cwd=Path.cwd())
    assert dead.wait(60) == -signal.SIGKILL

    with ff.open_lab(folder, settings=settings) as lab:
        found = going_on_of(lab.parts)
        [head] = lab.heads(workflow_id="chain")
        until(lambda: lab.loop.run_sync(found.ways(head.id)))
        [way] = lab.loop.run_sync(found.ways(head.id))
        same = lab.loop.run_sync(found.go_on(head.id))

        assert (way.how, way.title, same) == ("here", "Go on here", head.id)
        assert lab.wait(same).status == "succeeded"


@pytest.mark.kernel
def test_a_notebook_goes_on_in_the_cell_that_failed(lab, folder, going_on):
    write(folder / "report.ipynb", "a = 1", "b = a + 1", "1 / 0")
    failed = lab.notebooks.run("report.ipynb")
    first, second = going_on.ways(failed.execution_id)
    write(folder / "report.ipynb", "a = 1", "b = a + 1", "c = b")
    again = going_on.go_on(failed.execution_id, "cell")

    assert (first.how, second.how) == ("cell", "step")
    assert first.title == "Go on in cell 3 of 3 of report.ipynb"
    assert again.status == "succeeded"
    assert again.result["report"]["resumed_from"] == 3


@pytest.mark.kernel
def test_what_cannot_be_had_again_is_told_and_the_next_way_is_taken(lab, folder, going_on):
    write(
        folder / "report.ipynb",
        "import urllib.request as r\na = r.urlopen('data:,1').read()",
        "a / 0",
    )
    failed = lab.notebooks.run("report.ipynb")

    first, _ = going_on.ways(failed.execution_id)
    with pytest.raises(ConflictError):
        going_on.go_on(failed.execution_id, "cell")

    assert not first.is_possible
    assert first.told()["obstacles"]
