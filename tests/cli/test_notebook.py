"""Notebooks from the command line."""

import nbformat
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def report(folder):
    (folder / ".flowforge").mkdir(mode=0o700)
    parameters = "region: str = 'EU'  # where\nlimit = 3"
    cells = [
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("if limit > 9:\n    1 / 0\nn = len(region) * limit"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "report.ipynb")


def test_parameters_are_shown(flowforge):
    shown = flowforge("notebook", "parameters", "report.ipynb").out
    told = flowforge("notebook", "parameters", "report.ipynb", "--json").json

    assert "region" in shown
    assert "where" in shown
    assert [one["name"] for one in told["parameters"]] == ["region", "limit"]


def test_it_is_scheduled_listed_and_unscheduled(flowforge, folder):
    at = ("--cron", "0 8 * * 1-5", "--tz", "Europe/Berlin", "-p", "region=01", "-p", "limit=5")
    made = flowforge(
        "notebook", "schedule", "report.ipynb", *at, "--on-failure", "log", "--json"
    ).json
    listed = flowforge("notebook", "list", "--json").json
    shown = flowforge("notebook", "list").out
    gone = flowforge("notebook", "unschedule", "report_notebook", "--delete", "--json").json

    assert (made["id"], made["active"], made["missed"]) == ("report_notebook", True, "last")
    assert listed == [made]
    assert "report_notebook" in shown
    assert gone == {"id": "report_notebook", "active": False, "deleted": True}
    assert flowforge("notebook", "list").out.startswith("no notebook is scheduled")


def test_a_dry_run_tells_the_times_and_writes_nothing(flowforge, folder):
    at = ("notebook", "schedule", "report.ipynb", "--cron", "0 8 * * 1-5", "--dry-run")
    shown = flowforge(*at, "--tz", "Europe/Berlin").out
    told = flowforge(*at, "--json").json
    wrong = flowforge(*at, "--tz", "Mars", "--retries", "2", "-p", "limit=2")

    assert shown.startswith("report_notebook would run report.ipynb, at times of Europe/Berlin")
    assert shown.count(" 08:00:00 CE") == 5
    assert (told["id"], told["is_taken"], len(told["times"])) == ("report_notebook", False, 5)
    assert (wrong.code, "Mars" in wrong.out + wrong.err) == (1, True)
    assert not list(folder.glob("report*.flow.yaml"))


def test_values_are_read_by_the_types_of_the_notebook(flowforge, folder):
    flowforge("notebook", "schedule", "report.ipynb", "--cron", "@daily", "-p", "region=01")
    text = (folder / "report_notebook.flow.yaml").read_text()
    wrong = flowforge(
        "notebook", "schedule", "report.ipynb", "--cron", "@daily", "-p", "limit=x", "--id", "b"
    )

    assert "default: '01'" in text
    assert (wrong.code, "--parameter limit is not JSON" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("schedule", "report.ipynb"), 2),
        (("schedule", "no.ipynb", "--cron", "@daily"), 3),
        (("schedule", "report.ipynb", "--cron", "@daily", "-p", "regoin=1"), 1),
        (("schedule", "report.ipynb", "--cron", "@daily", "--on-failure", "ann"), 1),
        (("unschedule", "no"), 3),
        (("resume", "no"), 3),
        (("parameters", "hello.flow.yaml"), 1),
    ],
)
def test_what_cannot_be_done_has_its_exit_code(flowforge, arguments, code):
    assert flowforge("notebook", *arguments).code == code


@pytest.mark.kernel
def test_it_runs_once_and_goes_on_from_the_cell_that_failed(flowforge, folder):
    run = ("notebook", "run", "report.ipynb", "-o", "n", "--json")
    well = flowforge(*run, "-p", "limit=4").json
    failed = flowforge(*run, "-p", "limit=10", "--effects", "none")
    id = failed.json["execution_id"]
    told = flowforge("notebook", "resume", id, "--dry-run", "--json").json
    again = flowforge("notebook", "resume", id, "--json")
    page = flowforge("notebook", "page", id, "shown.html", "--json").json

    assert well["result"]["report"]["values"] == {"n": 8}
    assert (failed.code, told["first"], told["possible"]) == (1, 3, True)
    assert "ZeroDivisionError" in (folder / page["file"]).read_text()
    assert (again.code, again.json["error"]["type"]) == (1, "notebook.failed")


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("first", "is_told"), [("a = 1", True), ("import os, subprocess\na = subprocess.run('true')", False)]
)  # fmt: skip
def test_going_on_from_the_cell_is_told_of_where_it_is_possible(flowforge, folder, first, is_told):
    cells = [nbformat.v4.new_code_cell(text) for text in (first, "b = a\n1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "report.ipynb")

    failed = flowforge("notebook", "run", "report.ipynb")

    assert failed.code == 1
    assert ("go on from the cell that failed" in failed.out) is is_told
