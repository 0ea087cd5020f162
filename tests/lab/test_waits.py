"""What a lab waits for: listed, answered once, judged at the door."""

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NotFoundError, PlanError, SettingsError

ASK = """\
nodes:
  start: {kind: trigger.manual, next: [tell, ask]}
  tell: {kind: action.transform, config: {value: "[waits.ask.url, waits.ask.token]"}}
  ask:
    kind: flow.wait_webhook
    config:
      expects: {type: object, required: [ok], properties: {ok: {type: boolean}, note: {type: string}}}
      response: thank you
      timeout: %s
    next: {received: after, timeout: late}
  after: {kind: action.transform, config: {value: nodes.ask.answer}}
  late: {kind: action.transform, config: {value: "'late'"}}
"""
EARLY = """\
nodes:
  start: {kind: trigger.manual, next: tell}
  tell:
    kind: python.code
    config:
      inputs: {token: waits.ask.token}
      code: |
        import pathlib, time
        pathlib.Path("told.txt").write_text(token)
        time.sleep(0.5)
    next: ask
  ask: {kind: flow.wait_webhook, config: {timeout: 1h}}
"""


@pytest.fixture
def asked(lab, folder):
    """The id of an execution that waits for an answer."""
    path = folder / "ask.flow.yaml"
    path.write_text(ASK % "1h")
    execution_id = lab.start(path)
    while not lab.waits.list(execution_id):
        pass
    return execution_id


def test_lists_what_is_waited_for(lab, asked):
    [wait] = lab.waits.list()

    assert (wait.execution_id, wait.workflow_id, wait.node) == (asked, "ask", "ask")
    assert wait.key.startswith(f"{asked}.")
    assert wait.until is not None


def test_the_address_that_the_workflow_tells_is_the_one_to_answer(lab, asked):
    [wait] = lab.waits.list()
    answered = lab.waits.answer(wait.key, {"ok": True})
    outcome = lab.wait(asked)

    assert (answered.execution_id, answered.node, answered.response) == (asked, "ask", "thank you")
    assert outcome.result["after"] == {"value": {"ok": True}}
    assert outcome.result["tell"]["value"] == [f"/waits/{wait.key}", wait.key]


def test_an_address_begins_with_the_public_url(folder, settings):
    told = settings.model_copy(update={"public_url": "https://flows.example.org/"})
    path = folder / "ask.flow.yaml"
    path.write_text(ASK % "1ms")
    with ff.open_lab(folder, settings=told) as lab:
        [url, token] = lab.run(path).result["tell"]["value"]

    assert url == f"https://flows.example.org/waits/{token}"


def test_refuses_a_wrong_answer_with_all_that_is_wrong_and_waits_on(lab, asked):
    [wait] = lab.waits.list()
    with pytest.raises(PlanError) as caught:
        lab.waits.answer(wait.key, {"ok": "yes", "note": 3})

    assert [problem.field for problem in caught.value.problems] == ["note", "ok"]
    assert lab.waits.list() == [wait]
    assert lab.get(asked).status == "waiting"


@pytest.mark.parametrize(
    ("answer", "said"),
    [({"ok": float("nan")}, "must be JSON"), ({"note": "x" * 2_000_000}, "at most")],
)
def test_refuses_what_is_no_answer_at_all(lab, asked, answer, said):
    with pytest.raises(PlanError, match=said):
        lab.waits.answer(lab.waits.list()[0].key, answer)


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_second_answer_is_told_that_it_was_answered(lab, asked, goes_on):
    [wait] = lab.waits.list()
    lab.waits.answer(wait.key, {"ok": True}, goes_on=goes_on)
    with pytest.raises(ConflictError, match="was answered already"):
        lab.waits.answer(wait.key, {"ok": False})
    lab.wait(asked)
    with pytest.raises(ConflictError, match="was answered already, at 20"):
        lab.waits.answer(wait.key, {"ok": False})

    assert lab.outcome_of(asked).result["after"] == {"value": {"ok": True}}


def test_of_many_answers_at_once_one_counts(lab, asked):
    [wait] = lab.waits.list()
    refused = []

    def answer(number):
        try:
            lab.waits.answer(wait.key, {"ok": True, "note": str(number)})
        except ConflictError as error:
            refused.append(error)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 7
    assert lab.wait(asked).status == "succeeded"


def test_tells_that_the_time_was_over(lab, folder):
    path = folder / "ask.flow.yaml"
    path.write_text(ASK % "1ms")
    outcome = lab.run(path)

    assert outcome.result["late"] == {"value": "late"}
    with pytest.raises(ConflictError, match="nobody answered in time"):
        lab.waits.answer(outcome.result["tell"]["value"][1], {"ok": True})


@pytest.mark.slow
def test_who_is_quicker_than_the_execution_is_heard_as_soon_as_it_waits(lab, folder):
    path = folder / "early.flow.yaml"
    path.write_text(EARLY)
    execution_id = lab.start(path)
    told = folder / "told.txt"
    while not (told.exists() and told.read_text()):
        pass
    waiting = lab.waits.list(execution_id)
    lab.waits.answer(told.read_text(), "at once")

    assert waiting == []
    assert lab.wait(execution_id).result["ask"]["answer"] == "at once"


@pytest.mark.slow
def test_tells_that_the_execution_is_over(lab, asked):
    [wait] = lab.waits.list()
    lab.cancel(asked)
    lab.wait(asked)

    with pytest.raises(ConflictError, match=r"the execution is over \(cancelled\)"):
        lab.waits.answer(wait.key, {"ok": True})


@pytest.mark.parametrize(
    "key", ["", "nothing", "chat:7", "019a2b3c-0000-7000-8000-000000000000.abc"]
)
def test_nobody_waits_for_what_nobody_asked(lab, key):
    with pytest.raises(NotFoundError, match="nobody waits"):
        lab.waits.answer(key, 1)


def test_the_end_of_an_execution_cannot_be_answered_by_hand(lab, folder):
    (folder / "nap.flow.yaml").write_text(
        "nodes: {start: {kind: trigger.manual, next: n}, n: {kind: flow.delay, config: {duration: 1h}}}"
    )
    path = folder / "call.flow.yaml"
    path.write_text(
        "nodes: {start: {kind: trigger.manual, next: c}, c: {kind: flow.sub_workflow, config: {workflow: nap}}}"
    )
    execution_id = lab.start(path)
    while not lab.heads(workflow_id="nap"):
        pass
    [child] = lab.heads(workflow_id="nap")
    while lab.get(execution_id).status != "waiting":
        pass

    assert lab.waits.list() == []
    with pytest.raises(ConflictError, match="only the end of that execution"):
        lab.waits.answer(f"execution:{child.id}", {"status": "succeeded"})


@pytest.mark.slow
def test_an_answer_of_another_process_wakes_it(lab, asked, folder):
    code = "import sys, flowforge_lab as ff\nlab = ff.open_lab(sys.argv[1])\nlab.waits.answer(sys.argv[2], {'ok': True}, goes_on=False)"
    [wait] = lab.waits.list()
    subprocess.run([sys.executable, "-c", code, str(folder), wait.key], check=True, cwd=Path.cwd())

    assert lab.wait(asked).result["after"] == {"value": {"ok": True}}


def test_an_address_holds_when_the_lab_is_opened_again(folder, settings):
    path = folder / "ask.flow.yaml"
    path.write_text(ASK % "1h")
    with ff.open_lab(folder, settings=settings) as lab:
        execution_id = lab.start(path)
        while not lab.waits.list():
            pass
        key = lab.waits.list()[0].key
    (folder / ".flowforge" / "waits.key").unlink()  # not even its loss makes a wait deaf
    with ff.open_lab(folder, settings=settings) as lab:
        lab.waits.answer(key, {"ok": False})
        assert lab.wait(execution_id).result["after"] == {"value": {"ok": False}}


def test_the_key_of_a_lab_is_for_its_owner_alone(folder, settings):
    with ff.open_lab(folder, settings=settings):
        pass
    path = folder / ".flowforge" / "waits.key"
    first = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        ff.open_lab(folder, settings=settings)
    path.chmod(0o600)
    with ff.open_lab(folder, settings=settings):
        assert path.read_bytes() == first
