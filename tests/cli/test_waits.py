"""`flowforge waits` and `flowforge answer`."""

import pytest

import flowforge_lab as ff

ASK = """\
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: flow.wait_webhook, config: {expects: {type: object, required: [ok]}, timeout: 1h, response: thanks}, next: {received: end}}
  end: {kind: flow.end, config: {result: nodes.ask.answer}}
"""


@pytest.fixture
def key(folder, flowforge):
    """What answers an execution that waits, which no process holds."""
    (folder / "ask.flow.yaml").write_text(ASK)
    with ff.open_lab(folder) as lab:
        lab.start(folder / "ask.flow.yaml")
        while not lab.waits.list():
            pass
        return lab.waits.list()[0].key


@pytest.mark.slow
def test_lists_what_is_waited_for(flowforge, key):
    plain = flowforge("waits")
    [wait] = flowforge("waits", "--json").json
    [same] = flowforge("waits", key[:36], "--json").json

    assert "ask" in plain.out
    assert (wait["key"], wait["node"], wait["terms"]["response"]) == (key, "ask", "thanks")
    assert wait == same


def test_says_when_nothing_waits(flowforge, folder):
    flowforge("init", ".")

    assert flowforge("waits").out == "nothing waits for an answer\n"
    assert flowforge("waits", "--json").json == []


@pytest.mark.slow
def test_answers_and_goes_on_to_the_end(flowforge, key):
    answer = flowforge("answer", key, '{"ok": true}', "--wait", "--json")

    assert (answer.code, answer.json["result"]) == (0, {"ok": True})


@pytest.mark.slow
def test_answers_and_leaves_the_rest_to_a_host(flowforge, key):
    answer = flowforge("answer", key, '{"ok": true}')

    assert (answer.code, answer.out) == (0, f"{key[:36]}  answered: thanks\n")
    assert flowforge("resume", key[:36], "--json").code == 0


@pytest.mark.slow
def test_a_wrong_answer_is_refused_with_what_is_wrong(flowforge, key):
    answer = flowforge("answer", key, "yes", "--json")

    assert answer.code == 1
    assert "is not of type 'object'" in str(answer.error["problems"])
    assert len(flowforge("waits", "--json").json) == 1


@pytest.mark.slow
def test_a_second_answer_is_a_conflict_and_an_unknown_one_not_found(flowforge, key):
    flowforge("answer", key, '{"ok": 1}')

    assert flowforge("answer", key, '{"ok": 2}').code == 4
    assert flowforge("answer", "chat:7", "hello").code == 3


CALLS = """\
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: %s}, next: end}
  end: {kind: flow.end, config: {result: nodes.call.result}}
"""


@pytest.fixture
def called_key(folder):
    """What answers an execution two levels below another, which no process holds."""
    for name, callee in (("mid", "ask"), ("top", "mid")):
        (folder / f"{name}.flow.yaml").write_text(CALLS % callee)
    (folder / "ask.flow.yaml").write_text(ASK)
    with ff.open_lab(folder) as lab:
        lab.start(folder / "top.flow.yaml")
        while [head.status for head in lab.heads()] != ["waiting"] * 3:
            pass
        return lab.waits.list()[0].key


def statuses(flowforge):
    return {one["workflow_id"]: one["status"] for one in flowforge("executions", "--json").json}


@pytest.mark.slow
def test_resume_all_goes_on_with_whoever_waited_for_what_it_finished(flowforge, called_key):
    flowforge("answer", called_key, '{"ok": true}')
    resumed = flowforge("resume", "--all", "--json").json

    assert [one["status"] for one in resumed] == ["succeeded"] * 3
    assert len({one["execution_id"] for one in resumed}) == 3
    assert [one["result"] for one in resumed] == [{"ok": True}] * 3
    assert set(statuses(flowforge).values()) == {"succeeded"}


@pytest.mark.slow
def test_answers_and_goes_on_with_the_callers(flowforge, called_key):
    answer = flowforge("answer", called_key, '{"ok": true}', "--wait", "--json")

    assert (answer.code, answer.json["result"]) == (0, {"ok": True})
    assert [one["status"] for one in answer.json["callers"]] == ["succeeded"] * 2
    assert statuses(flowforge) == dict.fromkeys(("ask", "mid", "top"), "succeeded")


@pytest.mark.slow
def test_tells_of_the_callers_in_a_line_each(flowforge, called_key):
    told = flowforge("answer", called_key, '{"ok": true}', "--wait").out.splitlines()

    assert [line.split()[-1] for line in told if line.startswith("called by ")] == [
        "succeeded"
    ] * 2
