"""`flowforge run`, `show`, `executions`, `cancel`: from the file to the last log line."""

import json
import os
import subprocess

import pytest

import flowforge_lab as ff
from tests.cli.conftest import FLOWFORGE


def test_a_run_prints_its_result_and_how_to_look_closer(flowforge):
    answer = flowforge("run", "hello.flow.yaml", "--input", "name=Ada")

    assert answer.code == 0
    assert "hello Ada" in answer.out
    assert "✓ succeeded" in answer.out
    assert "flowforge show " in answer.out


def test_a_file_in_the_folder_is_found_by_its_id_before_it_ever_ran(flowforge):
    assert flowforge("run", "hello", "--json").json["result"] == "hello world"
    assert "workflow file or id 'hallo'" in flowforge("run", "hallo").err


def test_a_file_that_is_not_there_makes_no_lab(tmp_path, flowforge, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    for command in ("run", "activate"):
        answer = flowforge(command, "gone.flow.yaml")
        assert (answer.code, "no file 'gone.flow.yaml'" in answer.err) == (3, True)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.slow
def test_a_terminal_that_lacks_signs_gets_the_answer_without_them(folder):
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    command = [*FLOWFORGE, "run", "hello.flow.yaml"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)

    assert (done.returncode, b"? succeeded" in done.stdout, b"Traceback" in done.stderr) == (
        0,
        True,
        False,
    )


@pytest.mark.slow
def test_a_run_goes_on_when_nobody_reads_any_more(flowforge, folder):
    steps = "".join(
        f"  n{i}: {{kind: flow.delay, config: {{duration: 200ms}}, next: n{i + 1}}}\n"
        for i in range(6)
    )
    text = (
        f"nodes:\n  start: {{kind: trigger.manual, next: n0}}\n{steps}  n6: {{kind: flow.end}}\n"
    )
    (folder / "long.flow.yaml").write_text(text)
    done = subprocess.run(
        [
            "bash",
            "-c",
            'set -o pipefail; "$@" 2>&1 | head -1',
            "-",
            *FLOWFORGE,
            "run",
            "long.flow.yaml",
        ],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout.count(b"\n")) == (0, 1)
    [head] = flowforge("executions", "--json").json
    assert (head["workflow_id"], head["status"]) == ("long", "succeeded")


def test_progress_goes_to_stderr_as_plain_lines(flowforge):
    answer = flowforge("run", "hello.flow.yaml")

    lines = answer.err.splitlines()
    assert "✓ greet (action.transform) succeeded" in answer.err
    assert "greet (action.transform)" not in answer.out
    assert not any("\x1b" in line for line in lines)


def test_without_progress_stderr_is_empty(flowforge):
    assert flowforge("run", "hello.flow.yaml", "--no-progress").err == ""


def test_json_is_one_document_and_nothing_else(flowforge):
    answer = flowforge("run", "hello.flow.yaml", "--json")

    assert answer.err == ""
    assert answer.json["status"] == "succeeded"
    assert answer.json["result"] == "hello world"


def test_inputs_may_come_as_json_or_from_a_file(flowforge, folder):
    (folder / "inputs.json").write_text('{"name": "Grace"}')

    by_text = flowforge("run", "hello.flow.yaml", "--json", "--inputs-json", '{"name": "Ada"}')
    by_file = flowforge("run", "hello.flow.yaml", "--json", "--inputs-json", "@inputs.json")

    assert by_text.json["result"] == "hello Ada"
    assert by_file.json["result"] == "hello Grace"


@pytest.mark.parametrize(
    "given", [("-i", "name"), ("-i", "=x"), ("--inputs-json", "{"), ("--inputs-json", "@gone")]
)
def test_inputs_that_cannot_be_read_are_usage_errors(flowforge, given):
    assert flowforge("run", "hello.flow.yaml", *given).code == 2


def test_a_wrong_input_names_what_there_is(flowforge):
    answer = flowforge("run", "hello.flow.yaml", "-i", "nmae=Ada", "--json")

    assert answer.code == 1
    assert answer.error["type"] == "plan"
    [problem] = answer.error["problems"]
    assert "did you mean 'name'?" in problem["hint"]


def test_a_failed_execution_has_its_own_exit_code(flowforge):
    answer = flowforge("run", "fails.flow.yaml", "--json")

    assert answer.code == 1
    assert answer.json["status"] == "failed"
    assert answer.json["error"]["node"] == "read"


def test_a_file_that_is_not_there_is_not_found(flowforge):
    answer = flowforge("run", "helo.flow.yaml", "--json")

    assert answer.code == 3
    assert answer.error["type"] == "not_found"


def test_a_workflow_that_ran_once_is_known_by_its_id(flowforge):
    flowforge("run", "hello.flow.yaml")

    assert flowforge("run", "hello", "--json").json["status"] == "succeeded"


def test_show_takes_the_start_or_the_end_of_an_id_or_the_newest(flowforge):
    id = flowforge("run", "hello.flow.yaml", "--json").json["execution_id"]

    newest = flowforge("show", "--json").json
    by_start, by_end = (flowforge("show", part, "--json").json for part in (id[:18], id[-12:]))

    assert newest == by_start == by_end
    assert [step["node"] for step in newest["steps"]] == ["start", "greet", "done"]
    assert newest["inputs"] == {"name": "world", "times": 1}


def test_show_tells_config_input_and_output_of_a_step(flowforge):
    flowforge("run", "hello.flow.yaml")

    [visit] = flowforge("show", "--step", "greet", "--json").json

    assert visit["outputs"] == {"value": "hello world"}
    assert visit["input"] == {"name": "world", "times": 1}
    assert visit["config"] == {"value": "hello world"}


def test_show_guesses_a_mistyped_step(flowforge):
    flowforge("run", "hello.flow.yaml")

    answer = flowforge("show", "--step", "great")

    assert answer.code == 3
    assert "did you mean 'greet'?" in answer.err


def test_show_has_the_journal_and_the_logs(flowforge):
    flowforge("run", "hello.flow.yaml")

    events = flowforge("show", "--events", "--json").json
    logs = flowforge("show", "--logs", "--json").json

    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "execution.finished"
    assert logs == []


@pytest.mark.slow
def test_show_draws_tables_for_people(flowforge):
    flowforge("run", "fails.flow.yaml")

    answer = flowforge("show")

    assert "✗ failed" in answer.out
    assert "sql.invalid" in answer.out


@pytest.mark.slow
def test_executions_are_listed_newest_first(flowforge):
    first = flowforge("run", "hello.flow.yaml", "--json").json["execution_id"]
    second = flowforge("run", "fails.flow.yaml", "--json").json["execution_id"]

    everything = flowforge("executions", "--json").json
    failed = flowforge("executions", "--status", "failed", "--json").json

    assert [one["execution_id"] for one in everything] == [second, first]
    assert [one["execution_id"] for one in failed] == [second]


def test_cancelling_what_is_over_is_a_conflict(flowforge):
    id = flowforge("run", "hello.flow.yaml", "--json").json["execution_id"]

    answer = flowforge("cancel", id, "--json")

    assert answer.code == 4
    assert answer.error["type"] == "conflict"


@pytest.mark.parametrize("command", ["executions", "show", "schedules", "resume", "doctor"])
def test_a_command_that_looks_makes_no_lab(flowforge, folder, command):
    answer = flowforge(command)

    assert answer.code == 3
    assert "flowforge init" in answer.err
    assert not (folder / ".flowforge").exists()


def test_the_lab_is_found_upwards_and_beside_the_file(flowforge, folder, monkeypatch):
    flowforge("init", "shop")
    (folder / "shop" / "hello.flow.yaml").write_text((folder / "hello.flow.yaml").read_text())

    flowforge("run", "shop/hello.flow.yaml")

    assert not (folder / ".flowforge").exists()
    assert len(flowforge("executions", "--lab", "shop", "--json").json) == 1


def test_a_result_with_rows_becomes_a_table_cut_to_size(flowforge, folder):
    rows = json.dumps([{"a": number, "b": "x"} for number in range(40)])
    text = "nodes:\n  s: {kind: trigger.manual, next: t}\n  t: {kind: flow.end, config: {result: '%s'}}\n"
    (folder / "rows.flow.yaml").write_text(text % rows)

    answer = flowforge("run", "rows.flow.yaml")

    assert "… 28 more of 40 rows" in answer.out
    assert len(answer.out.splitlines()) < 25


@pytest.mark.slow
def test_the_command_line_sql_and_pandas_name_things_alike(flowforge, folder):
    flowforge("run", "fails.flow.yaml", "--json")

    [listed] = flowforge("executions", "--json").json
    shown = flowforge("show", "--json").json
    [asked] = flowforge("history", "sql", "select * from executions", "--json").json
    with ff.open_lab(folder) as lab:
        columns = set(lab.executions().columns)
        step_columns = set(lab.steps().columns)

    assert set(asked) == columns
    assert set(listed) - columns == {"wake_at", "error_title", "remark"}
    assert set(shown) - columns == {
        *("wake_at", "error_title", "remark", "inputs", "steps", "artifacts"),
        *("begins", "from_origin"),
    }
    assert set(shown["steps"][0]) <= step_columns
    assert {name: asked[name] for name in ("execution_id", "workflow_id", "version")} == {
        name: listed[name] for name in ("execution_id", "workflow_id", "version")
    }


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("selec", "Parser Error"),
        ("select nothing from executions", "Binder Error"),
        ("select 1 from nowhere", "Catalog Error"),
        ("select 'x'::int", "Conversion Error"),
        ("select $a", "parameter"),
        (" ", "no statement"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.slow
def test_a_query_that_cannot_be_understood_is_a_mistake_on_the_command_line(
    flowforge, query, told, form
):
    flowforge("init", ".")

    answer = flowforge("history", "sql", query, *form)

    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def test_null_and_numbers_that_json_lacks_are_told_apart(flowforge):
    flowforge("init", ".")
    query = "select 'nan'::double a, '-inf'::double b, null::double c, 1.5 d"

    answer = flowforge("history", "sql", query, "--json")

    assert answer.json == [{"a": "NaN", "b": "-Infinity", "c": None, "d": "1.5"}]


@pytest.mark.slow
def test_an_export_overwrites_nothing_unless_told_to(flowforge, folder):
    flowforge("init", ".")
    target = folder / "all.duckdb"
    target.write_text("precious")

    refused = flowforge("history", "export", target)
    assert (refused.code, target.read_text()) == (4, "precious")
    assert "--force" in refused.err

    assert flowforge("history", "export", target, "--force").code == 0
    assert target.read_bytes() != b"precious"


def test_a_start_may_be_for_a_user_and_before_others(flowforge, folder):
    told = ("--user", "ann", "--priority", "5", "--json")
    ran = flowforge("run", "hello.flow.yaml", *told).json["execution_id"]
    left = flowforge("queue", "put", "hello.flow.yaml", "-i", "name=Ada", *told)

    with ff.open_lab(folder) as lab:
        heads = [lab.get(ran), lab.get(left.json["execution_id"])]
        assert [(head.user, head.priority) for head in heads] == [("ann", 5), ("ann", 5)]
        assert heads[1].status == "queued"
        assert lab.queue.process().result == "hello Ada"


@pytest.mark.parametrize("command", [("run",), ("queue", "put")])
def test_a_priority_out_of_range_is_a_usage_error(flowforge, command):
    answer = flowforge(*command, "hello.flow.yaml", "--priority", "1001")

    assert answer.code == 2
    assert "-1000<=x<=1000" in answer.err
