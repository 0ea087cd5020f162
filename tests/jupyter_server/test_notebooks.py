"""What JupyterLab asks of notebooks: what they take, what a schedule would come to, and to make one."""

import json

import pytest

from flowforge_lab.errors import ConflictError, NotFoundError, PlanError
from flowforge_lab.jupyter_server.ground import Ground
from flowforge_lab.jupyter_server.labs import Labs
from flowforge_lab.jupyter_server.notebooks import describe, foresee, schedule

pytestmark = pytest.mark.slow
DAILY = {"paths": ["shop/report.ipynb"], "cron": "30 8 * * *", "timezone": "Europe/Berlin"}


@pytest.fixture(scope="module")
def labs(tmp_path_factory):
    root = tmp_path_factory.mktemp("desk")
    cell = {
        "cell_type": "code",
        "metadata": {"tags": ["parameters"]},
        "source": "limit = 3  # rows",
    }
    (root / "shop").mkdir()
    (root / "shop" / "report.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}}))
    (root / "shop" / "text.ipynb").write_text("no notebook")
    found = Labs(Ground(root))
    yield found
    found.close()


def fields(caught):
    return [one.field for one in caught.value.problems]


def test_a_form_learns_what_a_notebook_takes(labs):
    told = describe(labs, ["shop/report.ipynb"])

    [notebook] = told["notebooks"]
    assert (notebook["path"], told["id"]) == ("shop/report.ipynb", "report_notebook")
    assert [
        (one["name"], one["type"], one["default"], one["help"]) for one in notebook["parameters"]
    ] == [("limit", "integer", 3, "rows")]
    json.dumps(told)


@pytest.mark.parametrize("path", ["no.ipynb", "../x.ipynb", "shop", ".flowforge/x.ipynb", "a\0b"])
def test_a_notebook_that_the_server_does_not_show_is_not_there(labs, path):
    with pytest.raises(NotFoundError):
        describe(labs, [path])


@pytest.mark.parametrize("paths", [[], ["shop/text.ipynb"], ["shop/report.ipynb"] * 101])
def test_what_is_no_row_of_notebooks_is_refused(labs, paths):
    with pytest.raises(PlanError):
        describe(labs, paths)


def test_times_are_told_as_the_clocks_of_the_zone_show_them(labs):
    told = foresee(labs, DAILY)

    assert (told["id"], told["is_taken"], len(told["times"])) == ("report_notebook", False, 5)
    assert all(at[10:].startswith("T08:30:00+0") for at in told["times"])
    assert not list(labs.home.glob("**/*.flow.yaml"))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"cron": "0 25 * * *", "timezone": "Mars"}, ["cron", "timezone"]),
        ({"cron": ""}, ["cron"]),
        ({"parameters": {"limit": "x", "no": 1}}, ["parameters.no", "parameters.limit"]),
        ({"on_failure": ["email:ann@example.org"]}, ["on_failure"]),
        ({"retries": "2"}, [""]),
        ({"colour": "red"}, [""]),
        ({"cron": 5}, [""]),
        ({"paths": "shop/report.ipynb"}, [""]),
    ],
)
def test_what_is_wrong_is_told_with_its_field_and_nothing_is_made(labs, wrong, named):
    for call in (foresee, schedule):
        with pytest.raises(PlanError) as caught:
            call(labs, {**DAILY, **wrong})

        assert fields(caught) == named
    assert not list(labs.home.glob("**/*.flow.yaml"))


def test_a_schedule_is_made_once_and_replaced_when_that_is_said(labs):
    asked = {**DAILY, "id": "mine", "parameters": {"limit": 7}}
    made = schedule(labs, asked)
    taken = foresee(labs, asked)["is_taken"]

    with pytest.raises(ConflictError):
        schedule(labs, asked)
    again = schedule(labs, {**asked, "cron": "@hourly", "replace": True})

    assert (made["id"], made["path"], taken) == ("mine", "mine.flow.yaml", True)
    assert again["next_at"] < made["next_at"] or again["next_at"] % 3_600_000_000 == 0
    lab = labs.open(labs.root_of("shop"))
    [found] = lab.notebooks.all()
    assert (found.cron, found.notebooks) == ("@hourly", ("shop/report.ipynb",))
    (labs.home / "mine.flow.yaml").unlink()
