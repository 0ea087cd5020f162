"""Notebooks as workflows: scheduled without drawing anything, run, gone on with after a failure."""

import nbformat
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NotFoundError, PlanError

pytestmark = pytest.mark.slow
REPORT = (
    "import os\nrows = [region] * limit",
    "with open('log.txt', 'a') as file:\n    _ = file.write('x')",
    "if not os.path.exists('mended'):\n    raise ValueError('not yet')\ncount = len(rows)",
)


def write(path, *cells, parameters="region = 'EU'\nlimit = 3"):
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    cells = [first, *map(nbformat.v4.new_code_cell, cells)]
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.fixture
def report(folder):
    write(folder / "report.ipynb", *REPORT)
    return folder / "report.ipynb"


def test_a_scheduled_notebook_is_a_workflow_that_a_person_can_open(lab, folder, report):
    told = lab.notebooks.schedule(
        report, "0 8 * * 1-5", timezone="Europe/Berlin", parameters={"region": "US"}
    )

    document = lab.read(folder / "report_notebook.flow.yaml")
    assert (told.id, told.notebooks, told.is_active) == (
        "report_notebook",
        ("report.ipynb",),
        True,
    )
    assert document.workflow.inputs["region"].default == "US"
    assert lab.validate(document) == []
    assert [one.next_at for one in lab.schedules()] == [told.next_at]
    assert lab.notebooks.all() == [told]


def test_a_schedule_is_foreseen_with_its_times_and_writes_nothing(lab, folder, report):
    told = lab.notebooks.foresee(report, "0 8 * * *", timezone="Europe/Berlin", count=3)
    made = lab.notebooks.schedule(report, "0 8 * * *", timezone="Europe/Berlin")
    again = lab.notebooks.foresee("report.ipynb", "@hourly")

    assert (told.id, told.notebooks, told.is_taken) == (
        "report_notebook",
        ("report.ipynb",),
        False,
    )
    assert (len(told.times), told.times[0]) == (3, made.next_at)
    assert (again.is_taken, again.timezone, len(again.times)) == (True, "UTC", 5)
    assert [path.name for path in folder.glob("*.flow.yaml")] == ["report_notebook.flow.yaml"]


def test_one_that_is_there_is_not_replaced_by_accident(lab, folder, report):
    lab.notebooks.schedule("report.ipynb", "@daily")

    with pytest.raises(ConflictError, match="there is a workflow 'report_notebook' already"):
        lab.notebooks.schedule("report.ipynb", "@hourly")
    lab.notebooks.schedule("report.ipynb", "@hourly", replace=True)
    lab.notebooks.schedule("report.ipynb", "@weekly", id="other")

    assert {one.id: one.cron for one in lab.notebooks.all()} == {
        "report_notebook": "@hourly",
        "other": "@weekly",
    }


def test_one_that_was_tried_before_can_be_scheduled(lab, folder, report):
    tried = ff.Workflow(id="report_notebook").with_node("start", "trigger.manual")
    lab.run(tried)

    lab.notebooks.schedule("report.ipynb", "@daily")

    assert [one.id for one in lab.notebooks.all()] == ["report_notebook"]
    assert (folder / "report_notebook.flow.yaml").exists()


def test_unscheduled_it_stays_a_file_unless_that_goes_too(lab, folder, report):
    lab.notebooks.schedule("report.ipynb", "@daily")
    lab.notebooks.schedule("report.ipynb", "@daily", id="other")
    lab.notebooks.unschedule("report_notebook")
    lab.notebooks.unschedule("other", delete=True)

    assert (folder / "report_notebook.flow.yaml").exists()
    assert not (folder / "other.flow.yaml").exists()
    assert lab.schedules() == []
    with pytest.raises(NotFoundError, match="no notebook is scheduled as 'other'"):
        lab.notebooks.unschedule("other")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"cron": "0 8"}, "expected 5 fields"),
        ({"cron": ""}, "no time is given"),
        ({"parameters": {"regoin": 1}}, "did you mean 'region'"),
        ({"on_failure": ["email:a@b.org"]}, "flowforge.toml has none"),
        ({"timezone": "Mars"}, "Mars"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(lab, folder, report, facts, words):
    facts = {"cron": "@daily", **facts}
    with pytest.raises(PlanError, match=words):
        lab.notebooks.schedule("report.ipynb", **facts)

    assert not (folder / "report_notebook.flow.yaml").exists()


@pytest.mark.parametrize("path", ["no.ipynb", "../report.ipynb", "/etc/passwd", ""])
def test_a_notebook_that_is_not_in_the_labs_folder_is_told(lab, path):
    with pytest.raises(NotFoundError, match="the lab's folder"):
        lab.notebooks.schedule(path, "@daily")


def test_a_field_that_there_is_not_is_refused(lab, report):
    with pytest.raises(TypeError, match="colour"):
        lab.notebooks.schedule("report.ipynb", "@daily", colour="red")


@pytest.mark.kernel
def test_one_that_failed_is_told_of_and_goes_on_from_its_cell(lab, folder, report):
    lab.notebooks.schedule("report.ipynb", "@daily", on_failure=["log"], outputs=["count"])
    failed = lab.run("report_notebook")
    view = lab.notebooks.resumable(failed.execution_id)
    (folder / "mended").touch()

    anew = lab.wait(lab.notebooks.resume(failed.execution_id))

    told = [step for step in lab.steps_of(failed.execution_id) if step.node == "tell"]
    assert (failed.status, told[0].status) == ("failed", "succeeded")
    assert "notebook resume" in told[0].config["text"]
    assert (view.first, view.count, view.replayed, view.is_possible) == (5, 5, (1, 2, 3), True)
    assert (anew.status, anew.result["report"]["values"]) == ("succeeded", {"count": 3})
    assert anew.result["report"]["resumed_from"] == 5
    assert (folder / "log.txt").read_text() == "x"


@pytest.mark.kernel
def test_another_attempt_goes_on_from_the_cell_that_failed_where_that_is_wished(lab, folder):
    once = "if not os.path.exists('again'):\n    open('again', 'w').close()\n    1 / 0\nn = limit"
    write(folder / "report.ipynb", "import os", REPORT[1], once)

    outcome = lab.notebooks.run("report.ipynb", retries=1, retry_from="failed_cell", outputs=["n"])

    step = next(one for one in lab.steps_of(outcome.execution_id) if one.node == "report")
    assert (outcome.status, step.attempts) == ("succeeded", 2)
    assert outcome.result["report"]["values"] == {"n": 3}
    assert (folder / "log.txt").read_text() == "x"


def test_where_no_notebook_failed_there_is_nothing_to_go_on_from(lab, folder):
    (folder / "plain.flow.yaml").write_text(
        "nodes: {start: {kind: trigger.manual, next: end}, end: {kind: flow.end}}"
    )
    outcome = lab.run("plain.flow.yaml")

    with pytest.raises(NotFoundError, match="no notebook failed"):
        lab.notebooks.resume(outcome.execution_id)
    with pytest.raises(ConflictError, match="from_step"):
        lab.restart(outcome.execution_id, is_resumed=True)
