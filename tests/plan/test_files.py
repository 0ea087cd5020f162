"""Files that a workflow names are looked for before it runs."""

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings, compile_workflow, validate
from flowforge_lab.spec import Workflow

REGISTRY = Registry()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flights.csv").write_text("a\n1\n")
    (tmp_path / "report.ipynb").write_text("{}")
    return tmp_path


def workflow(kind, config):
    start = Workflow().with_node("start", "trigger.manual", next="x")
    return start.with_node("x", kind, config=config)


def judge(folder, kind, config):
    return validate(workflow(kind, config), REGISTRY, Surroundings(folder=folder))


def table(path):
    return {"sql": "FROM t", "files": {"t": path}}


def upload(path):
    body = {"type": "multipart", "files": [{"path": path}]}
    return {"url": "https://example.com", "method": "POST", "body": body}


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("notebook.run", {"path": "report.ipynb"}),
        ("notebook.run", {"path": "data/../report.ipynb"}),
        ("notebook.run", {"path": "{{ 'gone' }}.ipynb"}),
        ("sql.query", table("data/flights.csv")),
        ("sql.query", table("{{ execution.id }}.csv")),
        ("action.http_request", upload("data/flights.csv")),
        ("action.http_request", {"url": "https://example.com"}),
    ],
)
def test_files_that_are_there_or_given_by_expression_are_fine(folder, kind, config):
    assert judge(folder, kind, config) == []


@pytest.mark.parametrize(
    ("kind", "config", "severity", "field", "hint"),
    [
        ("notebook.run", {"path": "rep.ipynb"}, "error", "path", "did you mean 'report.ipynb'?"),
        ("notebook.run", {"path": "zz"}, "error", "path", "if a step makes it, write {{ 'zz' }}"),
        ("notebook.run", {"path": "data"}, "error", "path", "it is a folder, not a file"),
        ("notebook.run", {"path": "a\0b"}, "error", "path", "if a step makes it"),
        ("notebook.run", {"path": "x" * 5000}, "error", "path", "if a step makes it"),
        ("sql.query", table("data/fligts.csv"), "warning", "files.t", "mean 'flights.csv'?"),
        ("sql.query", table("dta/flights.csv"), "warning", "files.t", "did you mean 'data'?"),
        ("sql.query", table("a/b/c.csv"), "warning", "files.t", "when the step runs"),
        (
            "action.http_request",
            upload("no"),
            "warning",
            "body.files.0.path",
            "when the step runs",
        ),
    ],
)
def test_a_file_that_is_not_there_is_told_with_what_is(
    folder, kind, config, severity, field, hint
):
    [problem] = judge(folder, kind, config)

    assert (problem.code, problem.severity) == ("file.missing", severity)
    assert problem.field == f"config.{field}"
    assert hint in problem.hint


@pytest.mark.parametrize("path", ["../x.csv", "/etc/passwd.csv", "data/../../x.csv"])
def test_a_file_outside_the_folder_is_an_error_for_no_step_may_read_it(folder, path):
    [problem] = judge(folder, "sql.query", table(path))

    assert (problem.code, problem.severity) == ("file.outside", "error")


def test_a_file_that_a_step_before_may_make_is_waited_for_unless_it_looks_misspelt(folder):
    def judged(path):
        start = Workflow().with_node("start", "trigger.manual", next="make")
        make = start.with_node("make", "python.code", config={"code": "1"}, next="x")
        flow = make.with_node("x", "sql.query", config=table(path))
        return validate(flow, REGISTRY, Surroundings(folder=folder))

    assert judged("made/other.parquet") == []
    assert judged("data/flihgts.csv")[0].hint == "did you mean 'flights.csv'?"


def test_nothing_is_looked_for_where_nobody_knows_the_folder_and_in_a_kept_version():
    flow = workflow("notebook.run", {"path": "gone.ipynb"})

    assert validate(flow, REGISTRY) == []
    assert compile_workflow(flow, REGISTRY).steps


def test_paths_start_at_the_folder_of_the_file(folder):
    assert Surroundings(folder=folder).of_file(None).folder == folder
    assert Surroundings().of_file(folder / "a.flow.yaml").folder == folder
