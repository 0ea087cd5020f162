"""Notebooks over HTTP: what they take, at set times, gone on with; and by `ff.connect`."""

import nbformat
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NotFoundError

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def report(lab):
    cells = [
        nbformat.v4.new_code_cell("region = 'EU'  # where", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("if region == 'EU':\n    1 / 0\nn = len(region)"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), lab.root / "report.ipynb")


@pytest.fixture
def remote(lab):
    with ff.connect(lab.url) as remote:
        yield remote


def test_parameters_are_told_without_a_kernel(http):
    told = http.get("/api/notebooks/parameters", params={"path": "report.ipynb"}).json()

    assert told["parameters"][0] == {
        "name": "region", "type": "string", "default": "EU", "has_default": True, "written": "'EU'",
        "help": "where", "choices": [],
    }  # fmt: skip
    assert told["variables"] == ["region", "n"]


@pytest.mark.parametrize("path", ["../x.ipynb", "/etc/passwd", "hello.flow.yaml", "\x00"])
def test_only_notebooks_of_the_lab_are_looked_at(http, path):
    answer = http.get("/api/notebooks/parameters", params={"path": path})

    assert answer.status_code in {404, 422}


def test_a_notebook_is_scheduled_listed_and_unscheduled(http):
    given = {"notebooks": ["report.ipynb"], "cron": "0 8 * * 1-5", "timezone": "Europe/Berlin"}
    made = http.post("/api/notebooks", json=given)
    again = http.post("/api/notebooks", json=given)
    listed = http.get("/api/notebooks").json()
    gone = http.delete("/api/notebooks/report_notebook", params={"delete": True})

    assert (made.status_code, made.headers["location"]) == (201, "/api/workflows/report_notebook")
    assert (again.status_code, gone.status_code) == (409, 204)
    assert [(one["id"], one["next_at"][11:16]) for one in listed] == [
        ("report_notebook", "07:00")
    ] or (
        listed[0]["next_at"][11:16] == "06:00"  # in summer
    )
    assert http.get("/api/notebooks").json() == []
    assert http.get("/api/workflows/report_notebook").status_code == 404


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"notebooks": [], "cron": "@daily"}, 422),
        ({"notebooks": ["report.ipynb"]}, 422),
        ({"notebooks": ["report.ipynb"], "cron": "x"}, 422),
        ({"notebooks": ["report.ipynb"], "cron": "@daily", "parameters": {"regoin": 1}}, 422),
        ({"notebooks": ["no.ipynb"], "cron": "@daily"}, 404),
        ({"notebooks": ["report.ipynb"], "cron": "@daily", "colour": "red"}, 422),
        ({"notebooks": ["report.ipynb"], "cron": "@daily", "retries": -1}, 422),
    ],
)
def test_what_cannot_be_scheduled_is_refused(http, given, status):
    assert http.post("/api/notebooks", json=given).status_code == status


def test_a_lab_elsewhere_schedules_and_tells_as_one_here(remote):
    foreseen = remote.notebooks.foresee("report.ipynb", "@daily", count=2)
    told = remote.notebooks.schedule("report.ipynb", "@daily", parameters={"region": "US"})

    assert remote.notebooks.all() == [told]
    assert (foreseen.id, foreseen.times[0], len(foreseen.times)) == (told.id, told.next_at, 2)
    assert remote.notebooks.parameters("report.ipynb").parameters[0].name == "region"
    with pytest.raises(ConflictError):
        remote.notebooks.schedule("report.ipynb", "@daily")
    assert remote.notebooks.unschedule("report_notebook", delete=True) == "report_notebook"
    with pytest.raises(NotFoundError):
        remote.notebooks.unschedule("report_notebook")


@pytest.mark.kernel
def test_one_that_failed_is_shown_and_goes_on_over_http(lab, remote, tmp_path):
    failed = remote.notebooks.run("report.ipynb", effects="none")
    view = remote.notebooks.resumable(failed.execution_id)
    text = (lab.root / "report.ipynb").read_text()
    (lab.root / "report.ipynb").write_text(text.replace("1 / 0", "pass"))

    page = lab.http.get(
        f"/api/executions/{failed.execution_id}/notebook/page", params={"code": False}
    )
    anew = remote.wait(remote.notebooks.resume(failed.execution_id))

    assert (failed.status, view.node, view.first, view.is_possible) == (
        "failed",
        "report",
        3,
        True,
    )
    assert ("ZeroDivisionError" in page.text, "# where" in page.text) == (True, False)
    made = remote.notebooks.page(failed.execution_id, tmp_path / "page.html")
    assert "# where" in made.read_text()
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert (anew.status, anew.result["report"]["resumed_from"]) == ("succeeded", 3)
