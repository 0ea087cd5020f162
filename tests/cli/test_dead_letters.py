"""`flowforge dead-letters`, `flowforge decide` and `flowforge run --key`."""

import signal

import pytest

MENDED = """\
nodes:
  start: {kind: trigger.manual, next: read}
  read: {kind: action.transform, config: {value: "'mended'"}}
"""
ASKS = """\
nodes:
  start: {{kind: trigger.manual, next: work}}
  work: {{kind: test.append, on_crash: ask, config: {{path: "{path}", kill: true}}}}
"""
BOTH_ASK = """\
nodes:
  start: {{kind: trigger.manual, next: [nap, work]}}
  nap: {{kind: python.code, on_crash: ask, config: {{code: "import time; time.sleep(0.5)"}}, next: later}}
  work: {{kind: test.append, on_crash: ask, config: {{path: "{path}", kill: true}}}}
  later: {{kind: flow.delay, config: {{duration: 1h}}}}
"""


@pytest.fixture
def failed(flowforge):
    return flowforge("run", "fails.flow.yaml", "--json").json["execution_id"]


@pytest.mark.slow
def test_lists_retries_and_dismisses(flowforge, folder, failed):
    [row] = flowforge("dead-letters", "--json").json
    assert (row["execution_id"], row["node"], row["status"]) == (failed, "read", "open")

    again = flowforge("dead-letters", "retry", failed[:30], "--json")
    assert (again.code, again.json[0]["status"]) == (1, "failed")

    gone = flowforge("dead-letters", "dismiss", "--all", "--reason", "enough", "--json")
    assert gone.json == {"dismissed": [again.json[0]["retried_as"]]}
    assert "no dead letters" in flowforge("dead-letters").out


@pytest.mark.slow
def test_retries_by_filter_with_the_newest_version(flowforge, folder, failed):
    (folder / "fails.flow.yaml").write_text(MENDED)
    flowforge("run", "fails.flow.yaml")

    nothing = flowforge("dead-letters", "retry", "--error", "http.*", "--json")
    some = ("--error", "sql.*", "--workflow", "fails", "--since", "1h")
    told = flowforge("dead-letters", "retry", *some, "--version", "newest")

    assert nothing.json == []
    assert (told.code, "succeeded" in told.out) == (0, True)
    [row] = flowforge("dead-letters", "list", "--status", "retried", "--json").json
    assert row["execution_id"] == failed


def test_says_what_is_missing_instead_of_retrying_everything(flowforge, failed):
    answer = flowforge("dead-letters", "retry")

    assert answer.code == 2
    assert "--all" in answer.err
    assert flowforge("dead-letters", "list", "--since", "soon").code == 2


def test_an_unknown_version_is_refused_and_keeps_the_letter(flowforge, failed):
    answer = flowforge("dead-letters", "retry", "--all", "--version", "newst")

    assert (answer.code, "no version 'newst'" in answer.err) == (3, True)
    assert [row["status"] for row in flowforge("dead-letters", "--json").json] == ["open"]


def test_a_key_starts_one_execution_while_it_holds(flowforge):
    first = flowforge("run", "hello.flow.yaml", "--key", "july", "--json").json
    again = flowforge("run", "hello.flow.yaml", "--key", "july", "--json")
    other = flowforge("run", "hello.flow.yaml", "--key", "august", "--json")

    assert again.code == 4
    assert first["execution_id"] in again.error["message"]
    assert other.code == 0


@pytest.mark.slow
def test_a_key_is_free_again_after_its_window(flowforge):
    codes = [
        flowforge("run", "hello.flow.yaml", "--key", "k", "--key-window", window).code
        for window in ("10ms", "1h", "1h")
    ]

    assert codes == [0, 0, 4]


@pytest.mark.slow
@pytest.mark.parametrize(("decision", "status"), [("rerun", "succeeded"), ("fail", "failed")])
def test_a_step_that_a_crash_cut_off_waits_for_a_decision(
    flowforge, folder, process, kinds, decision, status
):
    path = folder / "asks.flow.yaml"
    path.write_text(ASKS.format(path=folder / "lines"))
    assert process("run", path).wait(60) == -signal.SIGKILL
    host = process("serve")
    while not (asking := flowforge("decide", "--json").json):
        assert host.poll() is None

    told = flowforge("decide", asking[0]["execution_id"][:30], decision, "--json")

    assert (asking[0]["node"], told.json["status"]) == ("work", status)
    assert len((folder / "lines").read_text().splitlines()) == 1 + (decision == "rerun")
    assert flowforge("decide").out.strip() == "nothing asks"
    assert flowforge("decide", asking[0]["execution_id"], decision).code == 3


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_decision_about_one_of_two_steps_leaves_the_other_asking(
    flowforge, folder, process, kinds
):
    path = folder / "asks.flow.yaml"
    path.write_text(BOTH_ASK.format(path=folder / "lines"))
    assert process("run", path).wait(60) == -signal.SIGKILL
    flowforge("resume", "--all")
    first, second = flowforge("decide", "--json").json

    told = flowforge("decide", first["execution_id"], "rerun", "--visit", str(first["visit"]))
    assert (told.code, "waiting" in told.out, told.err) == (0, True, "1 step still asks\n")
    last = flowforge("decide", second["execution_id"], "rerun", "--json")
    assert last.json["status"] == "waiting"  # for the hour behind it
    flowforge("cancel", first["execution_id"])


def test_an_empty_key_is_no_key(flowforge):
    flowforge("init")
    empty = flowforge("run", "hello.flow.yaml", "--key", "")
    window = flowforge("run", "hello.flow.yaml", "--key-window", "1h")

    assert (empty.code, window.code) == (2, 1)
    assert "expected a key, found an empty text" in empty.err
    assert "a window is for a key, and there is none" in window.err
    assert flowforge("executions", "--json").json == []
