"""`flowforge validate` tells all that is wrong, and never changes anything."""

import pytest

import flowforge_lab as ff

BROKEN = """\
nodes:
  start: {kind: trigger.manual, next: gret}
  greet: {kind: action.transfrom}
  wait: {kind: flow.delay, config: {duration: soon}}
"""


@pytest.fixture
def broken(folder):
    path = folder / "broken.flow.yaml"
    path.write_text(BROKEN)
    return path


def test_a_valid_file_passes(flowforge):
    answer = flowforge("validate", "hello.flow.yaml")

    assert (answer.code, answer.out) == (0, "hello.flow.yaml: valid\n")


def test_every_problem_is_told_at_once_with_place_and_hint(flowforge, broken):
    answer = flowforge("validate", broken, "--json")

    [checked] = answer.json
    errors = {
        (one["node"], one["line"]) for one in checked["problems"] if one["severity"] == "error"
    }
    assert answer.code == 1
    assert checked["valid"] is False
    assert {("start", 2), ("greet", 3), ("wait", 4)} <= errors
    assert "did you mean 'action.transform'?" in {one["hint"] for one in checked["problems"]}


def test_people_get_a_table(flowforge, broken):
    answer = flowforge("validate", broken)

    assert answer.code == 1
    assert "broken.flow.yaml: 4 errors" in answer.out
    assert "did you mean 'greet'?" in answer.out


def test_a_folder_stands_for_its_workflows(flowforge, broken):
    answer = flowforge("validate", ".", "--json")

    assert answer.code == 1
    assert {one["file"]: one["valid"] for one in answer.json} == {
        "broken.flow.yaml": False,
        "fails.flow.yaml": True,
        "hello.flow.yaml": True,
        "ticks.flow.yaml": True,
    }


MISSING = """\
nodes:
  start: {kind: trigger.manual, next: [note, ask]}
  note: {kind: notebook.run, config: {path: dayly.ipynb}}
  ask:
    kind: sql.query
    config:
      sql: selec 1
      files: {t: gone.csv}
"""


def test_missing_files_and_sql_that_does_not_parse_are_told_with_their_lines(flowforge, folder):
    (folder / "daily.ipynb").write_text("{}")
    (folder / "missing.flow.yaml").write_text(MISSING)

    answer = flowforge("validate", "missing.flow.yaml", "--json")

    told = {(one["line"], one["severity"], one["field"]) for one in answer.json[0]["problems"]}
    assert answer.code == 1
    assert told == {
        (3, "error", "config.path"),
        (7, "error", "config.sql"),
        (8, "warning", "config.files.t"),
    }


def test_warnings_alone_do_not_fail(flowforge, folder):
    text = MISSING.replace("selec 1", "select 1").replace("dayly.ipynb", "daily.ipynb")
    (folder / "daily.ipynb").write_text("{}")
    (folder / "missing.flow.yaml").write_text(text)

    answer = flowforge("validate", "missing.flow.yaml")

    assert answer.code == 0
    assert "0 errors, 1 warning" in answer.out


def test_a_run_whose_notebook_is_missing_starts_nothing(flowforge, folder):
    (folder / "missing.flow.yaml").write_text(MISSING.replace("selec 1", "select 1"))

    answer = flowforge("run", "missing.flow.yaml")

    assert answer.code == 1
    assert "no file 'dayly.ipynb'" in answer.err
    assert flowforge("executions", "--json").json == []


def test_nothing_is_made_by_looking(flowforge, folder):
    before = sorted(folder.iterdir())

    flowforge("validate", ".")

    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    "text", ["nodes: [", "- a\n- b\n", "flowforge: 99\nnodes: {}\n", "\x00", "nodes: {a: 1}"]
)
def test_a_file_that_is_no_workflow_is_told_not_thrown(flowforge, folder, text):
    (folder / "bad.flow.yaml").write_text(text)

    answer = flowforge("validate", "bad.flow.yaml", "--json")

    assert answer.code == 1
    assert answer.json[0]["problems"]


def test_a_file_of_ten_megabytes_is_refused_quickly(flowforge, folder):
    (folder / "big.flow.yaml").write_text("nodes:\n" + "  # filler\n" * 1_000_000)

    answer = flowforge("validate", "big.flow.yaml", "--json")

    assert answer.code == 1
    assert answer.json[0]["problems"][0]["code"] == "document.size"


def test_a_file_or_folder_that_is_not_there_is_not_found(flowforge, folder):
    (folder / "empty").mkdir()

    assert flowforge("validate", "gone.flow.yaml").code == 3
    assert flowforge("validate", "empty").code == 3


def test_running_an_invalid_workflow_starts_nothing(flowforge, broken):
    answer = flowforge("run", broken)

    assert answer.code == 1
    assert "did you mean 'greet'?" in answer.err
    assert flowforge("executions", "--json").json == []


PATTERNS = """\
nodes:
  start: {kind: trigger.message, config: {pattern: "(?=a)b"}, next: ask}
  ask: {kind: flow.wait_reply, config: {text: "?", pattern: "(a)\\\\1"}, next: {received: wait}}
  wait: {kind: flow.wait_webhook, config: {expects: {pattern: "a++"}}}
"""


def test_a_regular_expression_that_is_not_possible_is_told_in_plain_words(flowforge, folder):
    (folder / "patterns.flow.yaml").write_text(PATTERNS)

    answer = flowforge("validate", "patterns.flow.yaml", "--json")

    told = {
        one["node"]: one["message"]
        for one in answer.json[0]["problems"]
        if one["severity"] == "error"
    }
    assert answer.code == 1
    assert "looks ahead or back, as with '(?='" in told["start"]
    assert "refers back to a group" in told["ask"]
    assert "keeps what it took" in told["wait"]


NAMES_NOBODY = """\
settings: {on_error: nobody}
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: nowhere}}
"""


@pytest.fixture
def names_nobody(folder):
    path = folder / "caller.flow.yaml"
    path.write_text(NAMES_NOBODY)
    return path


def test_a_lab_knows_that_a_workflow_is_not_there(flowforge, folder, names_nobody):
    (folder / ".flowforge").mkdir()

    answer = flowforge("validate", names_nobody, "--lab", folder, "--json")

    [checked] = answer.json
    found = {(one["field"], one["severity"]) for one in checked["problems"]}
    assert (answer.code, checked["valid"]) == (1, False)
    assert found == {("settings.on_error", "error"), ("config.workflow", "error")}
    assert list((folder / ".flowforge").iterdir()) == []


def test_outside_of_a_lab_it_is_a_warning(flowforge, names_nobody):
    answer = flowforge("validate", names_nobody, "--json")

    [checked] = answer.json
    assert (answer.code, checked["valid"]) == (0, True)
    assert [one["severity"] for one in checked["problems"]] == ["warning", "warning"]


@pytest.mark.slow
def test_one_that_was_built_in_python_is_there(flowforge, folder, names_nobody):
    with ff.open_lab(folder) as lab:
        lab.run(ff.Workflow(id="nowhere").with_node("start", "trigger.manual"))
    before = {path.name for path in (folder / ".flowforge").iterdir()}

    answer = flowforge("validate", names_nobody, "--json")

    [problem] = answer.json[0]["problems"]
    assert (answer.code, problem["field"], problem["severity"]) == (
        1,
        "settings.on_error",
        "error",
    )
    assert {path.name for path in (folder / ".flowforge").iterdir()} == before


def test_what_cannot_be_known_is_a_warning(flowforge, folder, names_nobody):
    (folder / ".flowforge").mkdir()
    (folder / ".flowforge" / "journal.db").write_text("no database")

    answer = flowforge("validate", names_nobody, "--json")

    assert answer.code == 0
    assert {one["severity"] for one in answer.json[0]["problems"]} == {"warning"}


def test_a_step_of_nothing_is_found(flowforge, folder):
    path = folder / "round.flow.yaml"
    path.write_text(
        "nodes:\n  start: {kind: trigger.manual, next: go}\n"
        "  go: {kind: logic.loop, config: {range: {stop: 3, step: 0}}, next: {body: go}}\n"
    )

    answer = flowforge("validate", path, "--json")

    assert answer.code == 1
    found = {one["field"]: one["message"] for one in answer.json[0]["problems"]}
    assert found["config.range.step"].startswith("must not be 0")


def test_a_setting_is_hinted_at_by_the_name_it_is_written_with(flowforge, folder):
    path = folder / "last.flow.yaml"
    path.write_text("settings: {finaly: start}\nnodes: {start: {kind: trigger.manual}}\n")

    answer = flowforge("validate", path, "--json")

    [found] = [one for one in answer.json[0]["problems"] if one["field"] == "settings.finaly"]
    assert found["hint"] == "did you mean 'finally'?"
    assert "finally_" not in found["message"]
