"""Executions held, made anew, replayed and debugged from the command line."""

import json
import signal
import subprocess
import time

import pytest

from flowforge_lab.cli import main
from tests.patience import wait_for

CHAIN = """\
id: chain
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: a}
  a: {kind: action.transform, config: {value: inputs.n}, next: b}
  b: {kind: action.transform, config: {value: "input.value + default(vars.execution.more, 0)"}, next: c}
  c: {kind: action.transform, config: {value: "nodes.b.value * 10"}}
"""


@pytest.fixture
def chain(folder):
    (folder / "chain.flow.yaml").write_text(CHAIN)
    return "chain.flow.yaml"


@pytest.fixture
def done(flowforge, chain):
    return flowforge("run", chain, "-i", "n=2", "--json").json["execution_id"]


def test_restarts_from_a_step_with_changes(flowforge, done):
    answer = flowforge("restart", done, "--from", "c", "--output", 'b={"value": 7}', "--json")
    shown = flowforge("show", answer.json["execution_id"], "--json").json

    assert answer.json["result"] == {"c": {"value": 70}}
    assert (shown["origin"], shown["begins"]) == (done, "begins at c, visit 4")
    assert [step["node"] for step in shown["steps"]] == ["c"]
    assert [step["node"] for step in shown["from_origin"]] == ["start", "a", "b"]


def test_restarts_the_whole_with_other_inputs(flowforge, done):
    answer = flowforge("restart", done, "-i", "n=5", "--version", "newest", "--json")

    assert answer.json["result"] == {"c": {"value": 50}}
    assert "as a whole" in flowforge("show", answer.json["execution_id"]).out


def test_forks_by_the_number_of_a_visit(flowforge, done):
    answer = flowforge("restart", done, "--fork", "--from", "3", "--variable", "more=3", "--json")

    assert answer.json["result"] == {"c": {"value": 50}}
    assert "taken over" in flowforge("show", answer.json["execution_id"]).out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--from", "d"], 3),
        (["--version", "zz"], 3),
        (["--fork"], 2),
        (["--from", "c", "--output", "b"], 2),
        (["--from", "c", "--output", "b={"], 2),
        (["--from", "c", "--output", "b={}"], 1),
    ],
)
def test_a_restart_that_cannot_be_has_its_exit_code(flowforge, done, words, code):
    answer = flowforge("restart", done, *words, "--json")

    assert (answer.code, answer.out) == (code, "")
    assert answer.error["message"]


def test_replays_and_tells_whether_it_matches(flowforge, done):
    answer = flowforge("replay", done, "--json")

    assert (answer.code, answer.json["matches"]) == (0, True)
    assert answer.json["states"][-1]["status"] == "succeeded"
    assert "the journal comes to what is stored" in flowforge("replay", done).out


def test_runs_to_a_node_and_tells_if_it_was_not_reached(flowforge, chain):
    answer = flowforge("run", chain, "--until", "b", "--json")
    nowhere = flowforge("run", chain, "--until", "d", "--json")

    assert answer.json["result"] == {"value": 1}
    assert (nowhere.code, nowhere.error["type"]) == (3, "not_found")


def test_runs_one_node(flowforge, chain, folder):
    (folder / "b.json").write_text('{"value": 4}')
    given = flowforge(
        "run-node", chain, "b", "--value", '{"value": 4}', "--variable", "more=1", "--json"
    )
    named = flowforge("run-node", chain, "c", "--node", "b=@b.json", "--json")

    assert given.json["result"] == {"value": 5}
    assert named.json["result"] == {"value": 40}


def test_what_is_over_cannot_be_paused(flowforge, done):
    for name in ("pause", "unpause"):
        answer = flowforge(name, done, "--json")
        assert (answer.code, answer.error["type"]) == (4, "conflict")


@pytest.fixture
def talk(folder, capsys, monkeypatch):
    """Say lines to the debugger, and return its answers."""

    def talk(*arguments, lines):
        monkeypatch.setattr("sys.stdin", iter_lines(lines))
        with pytest.raises(SystemExit):
            main(["debug", *arguments, "--json"])
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return talk


def iter_lines(lines):
    import io

    return io.StringIO("".join(f"{line}\n" for line in lines))


@pytest.mark.slow
def test_a_debugger_reads_lines_and_answers_each_with_one(talk, chain):
    lines = [
        "vars",
        "set more 5",
        "step",
        "break c input.value > 1",
        "edit a '{\"value\": 2}'",
        "c",
        "show b",
        "continue",
        "where",
    ]
    answers = talk(chain, lines=lines)

    assert [one["node"] for one in answers[0]["waiting"]] == ["a"]
    assert answers[2] == {"variables": {"more": 5}}
    assert answers[4]["breakpoints"]["c"] == "input.value > 1"
    assert answers[5]["waiting"][0]["input"] == {"value": 2}
    assert answers[-1]["result"] == {"c": {"value": 70}}
    assert len(answers) == len(lines), (
        "the first says where it stands, and after the end none is read"
    )


def test_a_debugger_tells_what_it_does_not_understand(talk, chain):
    answers = talk(
        chain,
        "--break",
        "b:input.value > 0",
        lines=["jump", "set x", "set x {", "break d", "break b 1 +", "'", "quit"],
    )

    assert [sorted(answer) for answer in answers[1:7]] == [["error"]] * 6
    assert "there is no command 'jump'" in answers[1]["error"]
    assert "set NAME JSON" in answers[2]["error"]
    assert "at character" in answers[5]["error"]
    assert answers[-1] == {"status": "paused"}


@pytest.mark.slow
def test_attaches_and_leaves_it_paused(flowforge, talk, chain):
    talk(chain, lines=["quit"])
    id = flowforge("executions", "--json").json[0]["execution_id"]
    answers = talk("--attach", id, lines=["steps"])

    assert answers[1]["steps"][0]["node"] == "start"
    assert flowforge("executions", "--json").json[0]["status"] == "paused"
    assert flowforge("unpause", id, "--json").json["status"] == "succeeded"


@pytest.mark.parametrize("words", [[], ["chain.flow.yaml", "--attach", "1"]])
def test_one_of_workflow_and_execution_is_needed(flowforge, chain, words):
    assert flowforge("debug", *words).code == 2


# -- processes


def napping(flowforge):
    answer = flowforge("show", "--json")
    if answer.code:
        return None
    return (
        answer.json["execution_id"]
        if any(s["node"] == "nap" for s in answer.json["steps"])
        else None
    )


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_pause_reaches_another_process_which_finishes_what_runs(
    flowforge, process, slow_workflow
):
    child = process("run", slow_workflow(2), "--json")
    id = wait_for(lambda: napping(flowforge))
    paused = flowforge("pause", id, "--wait", "20", "--json")
    out, _ = child.communicate(timeout=30)

    assert paused.json == {"execution_id": id, "status": "paused"}
    assert json.loads(out)["status"] == "paused"
    assert flowforge("unpause", id, "--json").json["result"] == {"last": {"value": "done once"}}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_pause_survives_the_death_of_who_runs_it(flowforge, process, slow_workflow):
    child = process("run", slow_workflow(60))
    id = wait_for(lambda: napping(flowforge))
    assert flowforge("pause", id, "--wait", "0", "--json").json["status"] == "running"
    wait_for(lambda: "execution.paused" in flowforge("show", id, "--events").out)
    child.kill()
    child.wait()
    server = process("serve")
    wait_for(lambda: flowforge("show", id, "--json").json["status"] == "paused")
    time.sleep(1)
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=20)

    assert flowforge("show", id, "--json").json["status"] == "paused"
    assert len(flowforge("show", id, "--step", "nap", "--json").json) == 1
    flowforge("cancel", id)
    assert flowforge("show", id, "--json").json["status"] == "cancelled"


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_restart_that_is_killed_goes_on_with_what_it_took_over(
    flowforge, process, slow_workflow, folder
):
    slow_workflow(0.05)
    origin = flowforge("run", "slow.flow.yaml", "--json").json["execution_id"]
    slow_workflow(3)
    child = process("restart", origin, "--from", "nap", "--version", "newest")
    id = wait_for(lambda: (found := napping(flowforge)) != origin and found)
    child.kill()
    child.wait()
    [outcome] = wait_for(lambda: flowforge("resume", "--all", "--json").json)

    assert (outcome["execution_id"], outcome["status"]) == (id, "succeeded")
    assert outcome["result"] == {"last": {"value": "done once"}}
    assert "first" not in {s["node"] for s in flowforge("show", id, "--json").json["steps"]}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_ctrl_c_pauses_what_is_debugged(flowforge, process, slow_workflow):
    child = process("debug", slow_workflow(2), "--json", stdin=subprocess.PIPE)
    child.stdout.readline()
    child.stdin.write("clear first\ncontinue\n")
    child.stdin.flush()
    id = wait_for(lambda: napping(flowforge))
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=30)
    cleared, stopped = map(json.loads, out.splitlines())

    assert cleared == {"breakpoints": {}}
    assert (stopped["status"], stopped["waiting"][0]["node"]) == ("paused", "last")
    assert flowforge("show", id, "--json").json["status"] == "paused"
