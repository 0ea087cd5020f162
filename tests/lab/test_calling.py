"""Workflows of one lab call one another, fail, and are told of, on the real store."""

import logging
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import PlanError
from tests.patience import wait_for

CHILD = """\
inputs: {n: {type: integer, required: true}}
nodes:
  start: {kind: trigger.manual, next: nap}
  nap: {kind: flow.delay, config: {duration: %s}, next: note}
  note: {kind: test.append, config: {path: "%s", text: "{{ inputs.n }}"}, next: end}
  end: {kind: flow.end, config: {result: %s}}
"""
PARENT = """\
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: child, inputs: {n: 21}}, next: end}
  end: {kind: flow.end, config: {result: nodes.call.result}}
"""
TICK = "  tick: {kind: trigger.schedule, config: {cron: '0 0 1 1 *'}, next: nap}\n"
FAILS = """\
settings: {on_error: %s}
nodes:
  start: {kind: trigger.manual, next: bad}
  bad: {kind: action.transform, config: {value: 1 // 0}}
"""
TELL = """\
inputs: {execution_id: {type: string}, error: {type: object}, started_at: {type: string}}
nodes:
  start: {kind: trigger.manual, next: note}
  note: {kind: test.append, config: {path: "%s", text: "{{ inputs.execution_id }} {{ trigger.failed_node }}"}}
"""


def child(folder, *, nap="1ms", result="inputs.n * 2"):
    return CHILD % (nap, folder / "lines", result)


def of(lab, workflow_id):
    return lab.heads(workflow_id=workflow_id)


def test_a_workflow_calls_the_one_beside_it(lab, folder, write):
    write("child", child(folder))

    assert lab.run(write("parent", PARENT)).result == 42


def test_it_calls_the_file_as_it_is_when_it_starts(lab, folder, write):
    write("child", child(folder))
    lab.run(write("parent", PARENT))
    write("child", child(folder, result="inputs.n * 3"))

    assert lab.run("parent").result == 63


def test_it_calls_the_version_that_is_active(lab, folder, write):
    path = write("child", child(folder) + TICK)
    lab.activate(path)
    write("child", child(folder, result="inputs.n * 3") + TICK)

    assert lab.run(write("parent", PARENT)).result == 42


@pytest.mark.slow
def test_it_calls_the_version_of_the_time_it_started(lab, folder, write):
    path = write("child", child(folder) + TICK)
    lab.activate(path)
    slow = (
        PARENT.replace("next: call}", "next: nap}")
        + "  nap: {kind: flow.delay, config: {duration: 300ms}, next: call}\n"
    )
    execution_id = lab.start(write("parent", slow))
    write("child", child(folder, result="inputs.n * 3") + TICK)
    lab.activate(path)

    assert lab.wait(execution_id).result == 42
    assert lab.run("parent").result == 63


def test_what_does_not_fit_is_told_before_anything_runs(lab, folder, write):
    write("child", child(folder))
    with pytest.raises(PlanError, match="has no input 'm'") as caught:
        lab.run(write("parent", PARENT.replace("n: 21", "m: 21")))

    assert "required (integer)" in str(caught.value)
    assert of(lab, "child") == []


def test_a_workflow_that_was_built_in_python_can_be_called(lab):
    made = ff.Workflow(id="made").with_node("start", "trigger.manual")
    lab.run(made)
    caller = (
        ff.Workflow(id="caller")
        .with_node("start", "trigger.manual", next="call")
        .with_node("call", "flow.sub_workflow", config={"workflow": "made"})
    )

    assert lab.validate(caller) == []
    assert lab.run(caller).status == "succeeded"
    assert [
        p.code
        for p in lab.validate(
            caller.with_node("call", "flow.sub_workflow", config={"workflow": "maid"})
        )
    ][:1] == ["workflow.unknown"]


@pytest.mark.slow
def test_cancelling_the_caller_cancels_the_called(lab, folder, write):
    write("child", child(folder, nap="1h"))
    execution_id = lab.start(write("parent", PARENT))
    wait_for(lambda: of(lab, "child"))
    lab.cancel(execution_id)

    assert lab.wait(execution_id).status == "cancelled"
    wait_for(lambda: of(lab, "child")[0].status == "cancelled")


RUN = "import sys, flowforge_lab as ff; ff.open_lab(sys.argv[1]).run(sys.argv[2])"


@pytest.mark.slow
def test_a_killed_process_leaves_caller_and_called_and_both_come_to_their_end(
    folder, settings, write
):
    write("child", child(folder).replace("}, next: end}", ", kill: true}, next: end}"))
    path = write("parent", PARENT)
    dead = subprocess.Popen([sys.executable, "-c", RUN, str(folder), str(path)], cwd=Path.cwd())

    assert dead.wait(30) == -signal.SIGKILL
    with ff.open_lab(folder, settings=settings) as lab:
        wait_for(lab.due)  # the called one; the caller too, if it had no time to say that it waits
        [head] = of(lab, "parent")
        assert lab.wait(head.id).result == 42
        assert len(of(lab, "child")) == 1


def test_the_error_workflow_hears_of_a_failure(lab, folder, write):
    write("tell", TELL % (folder / "told"))
    outcome = lab.run(write("fails", FAILS % "tell"))
    wait_for(lambda: of(lab, "tell") and of(lab, "tell")[0].status == "succeeded")

    assert (folder / "told").read_text().split()[1:] == [outcome.execution_id, "bad"]
    assert of(lab, "tell")[0].parent == outcome.execution_id


def test_a_lab_can_have_one_error_workflow_for_all(folder, settings, write):
    write("tell", TELL % (folder / "told"))
    path = write("fails", FAILS.replace("settings: {on_error: %s}\n", ""))
    with ff.open_lab(
        folder, settings=settings.model_copy(update={"error_workflow": "tell"})
    ) as lab:
        lab.run(path)
        wait_for(lambda: of(lab, "tell"))

        assert len(of(lab, "tell")) == 1


@pytest.mark.slow
def test_an_error_workflow_that_fails_sets_off_no_other(lab, write):
    write("fails", FAILS % "fails")
    lab.run("fails.flow.yaml")
    wait_for(lambda: len(of(lab, "fails")) == 2)
    wait_for(lambda: {head.status for head in of(lab, "fails")} == {"failed"})
    time.sleep(0.3)

    assert len(of(lab, "fails")) == 2


@pytest.mark.slow
def test_nor_does_what_an_error_workflow_calls(lab, write):
    write("called", FAILS % "tell")
    write(
        "tell",
        "nodes: {start: {kind: trigger.manual, next: c}, c: {kind: flow.sub_workflow, config: {workflow: called}}}",
    )
    lab.run(write("fails", FAILS % "tell"))
    wait_for(lambda: of(lab, "tell"))
    assert lab.wait(of(lab, "tell")[0].id).error.type == "sub_workflow.failed"
    time.sleep(0.3)

    assert (len(of(lab, "tell")), len(of(lab, "called"))) == (1, 1)


def test_an_error_workflow_that_cannot_start_keeps_no_failure_from_its_end(
    lab, folder, write, caplog
):
    write("tell", TELL % (folder / "told"))
    path = write("fails", FAILS % "tell")
    lab.validate(path)
    write("tell", "nodes: {}")
    with caplog.at_level(logging.ERROR):
        assert lab.run(path).status == "failed"

    assert "could not start the error workflow 'tell'" in caplog.text


def test_an_error_workflow_that_is_not_there_is_told_in_a_line_and_by_the_doctor(
    folder, settings, write, caplog
):
    path = write("fails", FAILS.replace("settings: {on_error: %s}\n", ""))
    with ff.open_lab(
        folder, settings=settings.model_copy(update={"error_workflow": "nobody"})
    ) as lab:
        lab.run(path)
        findings = [found for found in lab.doctor() if found.check == "error workflow"]
        write("nobody", TELL % (folder / "told"))
        later = [found for found in lab.doctor() if found.check == "error workflow"]

    [said] = [one for one in caplog.records if "error workflow 'nobody'" in one.getMessage()]
    assert (said.exc_info, "there is no workflow" in said.getMessage()) == (None, True)
    assert [found.level for found in findings] == ["warning"]
    assert later == []


@pytest.mark.slow
def test_killed_between_failure_and_end_it_tells_once(folder, settings, write):
    write("tell", TELL % (folder / "told"))
    path = write("fails", FAILS % "tell")
    code = (
        "import os, signal, sys, flowforge_lab as ff\n"
        "from flowforge_lab.services import LoggedNotices\n"
        "class Killing(LoggedNotices):\n"
        "    async def send(self, failure): os.kill(os.getpid(), signal.SIGKILL)\n"
        "lab = ff.open_lab(sys.argv[1])\n"
        "lab.parts.alarm._notices = Killing(None)\n"
        "lab.run(sys.argv[2])"
    )
    dead = subprocess.Popen([sys.executable, "-c", code, str(folder), str(path)], cwd=Path.cwd())

    assert dead.wait(30) == -signal.SIGKILL
    with ff.open_lab(folder, settings=settings) as lab:
        wait_for(lambda: len(lab.due()) >= 1)
        for due in lab.due():
            lab.wait(due.execution_id)
        wait_for(lambda: [head.status for head in of(lab, "tell")] == ["succeeded"])
        assert [head.status for head in of(lab, "fails")] == ["failed"]


@pytest.mark.slow
def test_a_failure_is_kept_as_log_for_whoever_shall_be_told(folder, settings, write, caplog):
    told = settings.model_copy(
        update={"error_email": "ops@example.org", "error_telegram_chat": "-42"}
    )
    with ff.open_lab(folder, settings=told) as lab, caplog.at_level(logging.WARNING):
        outcome = lab.run(write("fails", FAILS.replace("on_error: %s", "")))
        findings = [found for found in lab.doctor() if found.check == "notices"]

    told = [record.getMessage() for record in caplog.records if "notices" in record.name]
    line = told[-1]
    assert line.startswith(
        f"for ops@example.org and Telegram chat -42: execution {outcome.execution_id}"
    )
    assert "failed at 'bad' with expression" in line
    assert [found.level for found in findings] == ["warning", "warning"]
    assert "no connection sends mail" in findings[0].message


@pytest.mark.slow
def test_many_calls_at_once_end_in_their_own_results(lab, folder, write):
    write("child", child(folder))
    path = write("parent", PARENT)
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(lab.run(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [outcome.result for outcome in outcomes] == [42] * 8
    assert len(of(lab, "child")) == 8
