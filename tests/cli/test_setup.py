"""What is set up in a lab: itself, schedules, connections, secrets, variables, backups."""

import subprocess

import pytest

OWN_END = """
from flowforge_lab.nodes import Attempt, Model, NoInputs, node_type

class Config(Model): ...
class Outputs(Model): ...

@node_type("flow.end", title="Mine", outputs=Outputs)
async def end(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    return Outputs()
"""


@pytest.fixture
def lab(flowforge):
    flowforge("init")


def test_init_makes_a_lab_once(flowforge, folder):
    first = flowforge("init", "shop", "--json")
    second = flowforge("init", "shop", "--json")

    assert first.json == {"lab": str(folder / "shop"), "new": True}
    assert second.json["new"] is False
    assert (folder / "shop" / ".flowforge" / ".gitignore").read_text() == "*\n"


def test_init_where_a_file_stands_says_so(flowforge, folder):
    (folder / "shop").write_text("")

    answer = flowforge("init", "shop", "--json")

    assert answer.code == 5
    assert "File exists" in answer.error["message"]


def test_activated_schedules_are_listed_until_deactivated(flowforge):
    flowforge("activate", "ticks.flow.yaml")
    [schedule] = flowforge("schedules", "--json").json

    flowforge("deactivate", "ticks.flow.yaml")

    assert schedule["workflow_id"] == "ticks"
    assert schedule["next_at"]
    assert flowforge("schedules", "--json").json == []


def test_a_workflow_with_nothing_to_fire_is_activated_for_those_who_call_it(flowforge):
    answer = flowforge("activate", "hello.flow.yaml")

    assert answer.code == 0
    assert "what calls it gets this version" in answer.err
    [version] = flowforge("versions", "hello", "--json").json
    assert version["active"]


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
def test_connections_are_listed_and_tried(flowforge, folder):
    toml = '[connections.here]\nkind = "duckdb"\npath = "gone.duckdb"\n'
    (folder / ".flowforge" / "flowforge.toml").write_text(toml)

    listed = flowforge("connections", "--json")
    tried = flowforge("connections", "here", "--test", "--json")

    assert listed.json == [{"name": "here", "kind": "duckdb"}]
    assert tried.code == 1
    assert tried.json[0]["ok"] is False
    assert flowforge("connections", "list", "--json").json == listed.json
    assert flowforge("connections", "test", "here", "--json").code == tried.code


@pytest.mark.usefixtures("lab")
def test_a_connection_that_is_set_up_wrongly_is_told_everywhere_and_hurts_no_other(
    flowforge, folder
):
    toml = '[connections.y]\nkin = "htp"\n[connections.here]\nkind = "duckdb"\npath = "x.duckdb"\n'
    (folder / ".flowforge" / "flowforge.toml").write_text(toml)
    nodes = "{a: {kind: trigger.manual, next: b}, b: {kind: action.http_request, config: {url: /, connection: y}}}"
    (folder / "f.flow.yaml").write_text(f"nodes: {nodes}")

    listed = flowforge("connections", "--json")
    examined = flowforge("doctor", "--json")
    [problem] = flowforge("validate", "f.flow.yaml", "--json").json[0]["problems"]

    here, fault = listed.json
    assert (listed.code, here) == (1, {"name": "here", "kind": "duckdb"})
    assert fault["message"].startswith(
        "in .flowforge/flowforge.toml: connections.y: expected 'kind', one of 'http', 'duckdb'"
    )
    assert fault["message"].endswith("; found 'kin'; did you mean 'kind'?")
    assert [one["message"] for one in examined.json if one["level"] == "error"] == [
        fault["message"]
    ]
    assert problem["field"] == "config.connection"
    assert fault["message"] in problem["message"]


@pytest.mark.usefixtures("lab")
def test_an_unknown_connection_is_not_found(flowforge):
    assert flowforge("connections", "gone", "--test").code == 3


@pytest.mark.usefixtures("lab")
def test_a_wrong_settings_file_names_the_place(flowforge, folder):
    (folder / ".flowforge" / "flowforge.toml").write_text("[settings]\npoll_secnods = 1\n")

    answer = flowforge("executions", "--json")

    assert answer.code == 2
    assert "did you mean 'poll_seconds'?" in answer.error["message"]


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
def test_a_secret_is_read_from_stdin_and_never_shown(flowforge, process):
    said = process("secrets", "set", "token", stdin=subprocess.PIPE).communicate("s3cret-value\n")

    listed = flowforge("secrets", "--json")
    removed = flowforge("secrets", "remove", "token", "--json")

    assert listed.json == ["token"]
    assert removed.json == {"secret": "token", "removed": True}
    assert "s3cret" not in "".join(said) + listed.out


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
def test_a_secret_needs_a_value_and_must_be_there_to_be_removed(flowforge, process):
    empty = process("secrets", "set", "token", stdin=subprocess.PIPE)
    empty.communicate("")

    assert empty.returncode == 2
    assert flowforge("secrets", "remove", "token").code == 3


@pytest.mark.slow
def test_variables_keep_their_type_and_scope(flowforge):
    flowforge("variables", "set", "limit", "15")
    flowforge("variables", "set", "city", "Bern", "--scope", "workflow", "--of", "hello")

    assert flowforge("variables", "get", "limit", "--json").json == 15
    assert [
        (row["scope"], row["owner"], row["name"], row["value"])
        for row in flowforge("variables", "--json").json
    ] == [
        ("project", "", "limit", 15),
        ("workflow", "hello", "city", "Bern"),
    ]
    told = flowforge("variables", "--scope", "workflow", "--owner", "hello", "--json").json
    assert [row["value"] for row in told] == ["Bern"]


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
def test_a_variable_that_is_not_there_is_not_found(flowforge):
    flowforge("variables", "set", "limit", "1")

    assert flowforge("variables", "remove", "limt").code == 3
    assert flowforge("variables", "remove", "limit").code == 0
    assert flowforge("variables", "get", "limit").code == 3
    assert flowforge("variables", "set", "limit", "1", "--ttl", "soon").code == 2


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
def test_a_variable_that_no_expression_could_name_is_refused(flowforge):
    for name in ("", "bad name"):
        told = flowforge("variables", "set", name, "1")
        assert (told.code, "a name is letters" in told.err) == (2, True)

    assert flowforge("variables", "increment", "bad name").code == 2
    assert flowforge("variables", "--json").json == []


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
def test_a_change_that_the_log_cannot_take_is_told_as_made(flowforge, folder):
    (folder / ".flowforge" / "audit.jsonl").mkdir()

    told = flowforge("variables", "set", "b", "2")

    assert told.code == 5
    assert "variable.set project/b is done, but the log of changes does not say so" in told.err
    assert flowforge("variables", "get", "b").out == "2\n"


@pytest.mark.slow
@pytest.mark.usefixtures("lab")
def test_variables_are_added_to(flowforge):
    flowforge("variables", "set", "city", "Bern")

    assert flowforge("variables", "increment", "visits").out == "1\n"
    assert flowforge("variables", "increment", "visits", "2.5", "--json").json["value"] == 3.5
    assert flowforge("variables", "increment", "city").code == 2
    assert flowforge("variables", "increment", "visits", "--ttl", "soon").code == 2


@pytest.mark.slow
def test_the_history_answers_sql(flowforge):
    flowforge("run", "hello.flow.yaml")

    answer = flowforge("history", "sql", "select node from steps order by visit", "--json")

    assert answer.json == [{"node": "start"}, {"node": "greet"}, {"node": "done"}]


@pytest.mark.usefixtures("lab")
def test_wrong_sql_shows_where(flowforge):
    answer = flowforge("history", "sql", "selec 1", "--json")

    assert answer.code == 2
    assert "selec" in answer.error["message"]


@pytest.mark.slow
def test_the_history_is_published_and_exported(flowforge, folder):
    import duckdb

    flowforge("run", "hello.flow.yaml")
    published = flowforge("history", "path", "--json").json["file"]
    flowforge("history", "export", "all.duckdb")

    for file in (published, folder / "all.duckdb"):
        with duckdb.connect(str(file), read_only=True) as connection:
            assert connection.execute("select count(*) from executions").fetchone() == (1,)


@pytest.mark.slow
def test_a_backup_comes_back_in_another_folder(flowforge):
    flowforge("run", "hello.flow.yaml")
    flowforge("backup", "lab.tar.gz")

    restored = flowforge("restore", "lab.tar.gz", "other")
    again = flowforge("restore", "lab.tar.gz", "other")

    assert (restored.code, again.code) == (0, 4)
    assert len(flowforge("executions", "--lab", "other", "--json").json) == 1
    assert flowforge("restore", "gone.tar.gz", "third").code == 3


@pytest.mark.usefixtures("lab")
def test_the_doctor_finds_a_healthy_lab(flowforge):
    answer = flowforge("doctor", "--json")

    assert answer.code == 0
    assert {"journal", "segments", "origin"} <= {found["check"] for found in answer.json}


def test_node_types_are_listed_and_described(flowforge):
    every = flowforge("nodes", "--json").json
    one = flowforge("nodes", "flow.delay", "--json").json
    text = flowforge("nodes", "logic.switch").out

    assert {"sql.query", "notebook.run", "flow.end"} <= {kind["kind"] for kind in every}
    assert {field["path"] for field in one["config"]} >= {
        "duration",
        "until",
        "business_hours.days",
    }
    assert "cases[].name" in text
    assert flowforge("nodes", "sql.qury").code == 3


def test_the_labs_own_node_types_are_among_them(flowforge, slow_workflow):
    assert "test.nap" in flowforge("nodes").out


@pytest.mark.slow
def test_the_schema_is_one_json_document(flowforge):
    schema = flowforge("schema").json

    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "flow.delay" in schema["$defs"]


def test_serve_wants_a_lab_that_is_there(flowforge, tmp_path, monkeypatch):
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)

    answer = flowforge("serve")

    assert answer.code == 3
    assert not (empty / ".flowforge").exists()


def test_the_doctor_tells_of_an_own_kind_that_takes_the_place_of_another(flowforge, folder):
    flowforge("init", ".")
    (folder / "nodes").mkdir(exist_ok=True)
    (folder / "nodes" / "end.py").write_text(OWN_END)

    answer = flowforge("doctor", "--json")

    [told] = [row for row in answer.json if row["check"] == "nodes"]
    assert (answer.code, told["level"]) == (0, "warning")
    assert "end.py takes the place of the flow.end that ships" in told["message"]


def test_the_doctor_tells_what_is_wrong_with_an_own_node_file(flowforge, folder):
    (folder / "nodes").mkdir()
    flowforge("init", ".")
    (folder / "nodes" / "bad.py").write_text("import gone\n\n@node_type('my.bad')\ndef f(): ...\n")

    answer = flowforge("doctor", "--json")

    [found] = [finding for finding in answer.json if finding["level"] == "error"]
    assert answer.code == 1
    assert found["check"] == "nodes"
    assert "bad.py:1 cannot be imported: ModuleNotFoundError" in found["message"]


def test_a_variable_of_a_workflow_must_say_whose_it_is(flowforge):
    answer = flowforge("variables", "set", "city", "Bern", "--scope", "workflow")

    assert answer.code == 2
    assert "needs an owner: the id of the workflow; give it with --owner" in answer.err
