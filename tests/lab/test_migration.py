"""Executions that wait, moved to another version of their workflow."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import NotFoundError, PlanError
from flowforge_lab.events import ExecutionMigrated, MigrationRefused
from tests.patience import wait_for

WAIT = """\
id: wait
nodes:
  start: {kind: trigger.manual, next: before}
  before: {kind: action.transform, config: {value: 1}, next: wait}
  wait: {kind: flow.delay, config: {duration: %s}, next: after}
  after: {kind: action.transform, config: {value: nodes.before.value + %d}}
"""
LOOP = """\
id: wait
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2]"}, next: {body: wait, done: after}}
  wait: {kind: flow.delay, config: {duration: %s}, next: double}
  double: {kind: action.transform, config: {value: item * %d}, next: each}
  after: {kind: action.transform, config: {value: nodes.each.results}}
"""


@pytest.fixture
def keep(lab, folder):
    """Keep a text as the newest version of the workflow `wait`, and return its path."""

    def keep(text):
        path = folder / "wait.flow.yaml"
        path.write_text(text)
        lab.keep(ff.Document.read(path))
        return path

    return keep


@pytest.fixture
def start(lab, keep):
    """Start a workflow and return its execution once it waits."""

    def start(text, status="waiting", **inputs):
        execution_id = lab.start(keep(text), inputs)
        wait_for(lambda: lab.get(execution_id).status == status)
        return execution_id

    return start


def kinds(lab, execution_id, kind):
    return [entry.event for entry in lab.entries(execution_id) if isinstance(entry.event, kind)]


def test_an_execution_that_waits_goes_on_in_the_new_version(lab, start, keep):
    execution_id = start(WAIT % ("6s", 1))
    keep(WAIT % ("0s", 41))

    told = lab.versions.migrate(execution_id, "latest")
    lab.cancel(execution_id)  # what it would come to takes six seconds: see the slow tests

    assert (told.outcome, told.reasons) == ("moved", ())
    assert len(kinds(lab, execution_id, ExecutionMigrated)) == 1


@pytest.mark.slow
def test_heads_and_history_show_the_new_version(lab, start, keep):
    execution_id = start(WAIT % ("1h", 1))
    old = lab.get(execution_id).digest
    keep(WAIT % ("1h", 2))

    new = lab.versions.migrate(execution_id, "latest").new

    assert lab.get(execution_id).digest == new != old
    assert lab.executions()["version"].tolist() == [new]
    assert [view.executions for view in lab.versions.all("wait")] == [1, 0]
    lab.cancel(execution_id)
    lab.wait(execution_id)
    assert lab.executions()["version"].tolist() == [new]


def test_what_stands_at_a_node_that_is_gone_stays(lab, start, keep):
    execution_id = start(WAIT % ("1h", 1))
    keep(
        (WAIT % ("1h", 1)).replace("wait: {kind", "nap: {kind").replace("next: wait", "next: nap")
    )

    told = lab.versions.migrate(execution_id, "latest")

    assert told.outcome == "refused"
    assert told.reasons == ("it stands at 'wait', which is gone",)
    assert kinds(lab, execution_id, MigrationRefused) == []
    assert lab.get(execution_id).wake_at > 0, "it was not even woken"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "flow.delay, config: {duration: 1h}",
            "action.transform, config: {value: 1}",
            "which was a flow.delay and is a action.transform",
        ),
        (
            "id: wait\n",
            "id: wait\ninputs: {city: {type: string, required: true}}\n",
            "it was started without the input 'city'",
        ),
    ],
)
def test_every_reason_is_told(lab, start, keep, old, new, reason):
    execution_id = start(WAIT % ("1h", 1))
    keep((WAIT % ("1h", 1)).replace(old, new))

    [found] = lab.versions.migrate(execution_id, "latest").reasons

    assert reason in found


def test_a_node_that_was_passed_may_be_gone(lab, start, keep):
    execution_id = start(WAIT % ("1h", 1))
    keep(
        "id: wait\nnodes:\n  start: {kind: trigger.manual, next: wait}\n  wait: {kind: flow.delay, config: {duration: 1h}}\n"
    )

    assert lab.versions.migrate(execution_id, "latest").outcome == "moved"


@pytest.mark.slow
def test_a_node_that_was_passed_may_be_the_end_now(lab, start, keep):
    execution_id = start(WAIT % ("1h", 1))
    keep(
        "id: wait\nnodes:\n  start: {kind: trigger.manual, next: wait}\n  wait: {kind: flow.delay, config: {duration: 1h}, next: before}\n  before: {kind: flow.end}\n"
    )

    assert lab.versions.migrate(execution_id, "latest").outcome == "moved"
    assert lab.get(execution_id).status in {"running", "waiting"}


@pytest.mark.slow
def test_a_trial_moves_nothing(lab, start, keep):
    execution_id = start(WAIT % ("1h", 1))
    keep(WAIT % ("1h", 2))

    assert lab.versions.migrate(execution_id, "latest", is_trial=True).outcome == "possible"
    assert kinds(lab, execution_id, ExecutionMigrated) == []


@pytest.mark.slow
def test_all_that_wait_in_another_version_are_moved_at_once(lab, start, keep):
    ids = [start(WAIT % ("1h", 1)) for _ in range(3)]
    done = lab.start(keep("id: wait\nnodes:\n  start: {kind: trigger.manual}\n"))
    lab.wait(done)
    new = start(WAIT % ("1h", 2))

    told = lab.versions.migrate_all("wait", "latest")

    assert {one.execution_id: one.outcome for one in told} == dict.fromkeys(ids, "moved")
    assert lab.versions.migrate_all("wait", "latest") == []
    assert lab.versions.migrate(new, "latest").outcome == "same"


def test_what_is_over_or_not_there_cannot_be_moved(lab, keep):
    done = lab.start(keep("id: wait\nnodes:\n  start: {kind: trigger.manual}\n"))
    lab.wait(done)
    keep(WAIT % ("1h", 2))

    assert lab.versions.migrate(done, "latest").reasons == ("it is over: succeeded",)
    with pytest.raises(NotFoundError):
        lab.versions.migrate(done, "nothing")


@pytest.mark.slow
def test_a_queued_execution_takes_the_version_when_its_turn_comes(lab, start, keep):
    limited = "settings: {concurrency: {limit: 1}}\n"
    first = start(limited + WAIT % ("1h", 1))
    second = start(limited + WAIT % ("1h", 1), status="queued")
    keep(limited + WAIT % ("1h", 2))

    told = lab.versions.migrate(second, "latest")
    lab.cancel(first)
    lab.wait(first)
    lab.resume(second)
    wait_for(lambda: lab.get(second).status == "waiting")

    assert told.outcome == "asked"
    assert lab.get(second).digest == told.new


@pytest.mark.slow
def test_an_execution_in_a_loop_goes_on_with_its_turns(lab, start, keep):
    execution_id = start(LOOP % ("6s", 1))
    keep(LOOP % ("10ms", 10))
    told = lab.versions.migrate(execution_id, "latest")

    assert told.outcome == "moved"
    lab.cancel(execution_id)


@pytest.mark.parametrize("body", ["double", "wait"])
def test_a_node_that_left_its_loop_is_in_the_way(lab, start, keep, body):
    execution_id = start(LOOP % ("1h", 1))
    text = (LOOP % ("1h", 1)).replace(
        "next: {body: wait, done: after}", "next: {body: double, done: wait}"
    )
    keep(text.replace("next: double}", "next: after}"))

    told = lab.versions.migrate(execution_id, "latest")

    assert told.reasons == ("it stands at 'wait', which was in the loop each and is in no loop",)


RUN = "import sys, flowforge_lab as ff; ff.open_lab(sys.argv[1]).run(sys.argv[2])"


def killed_while_waiting(folder, settings, path):
    """Run in a process of its own, kill it with -9 once the execution waits, and return its id."""
    child = subprocess.Popen([sys.executable, "-c", RUN, str(folder), str(path)], cwd=Path.cwd())
    with ff.open_lab(folder, settings=settings) as lab:
        wait_for(lambda: [head.status for head in lab.heads()] == ["waiting"])
        [head] = lab.heads()
    child.send_signal(signal.SIGKILL)
    assert child.wait(10) == -signal.SIGKILL
    return head.id


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        (WAIT % ("7s", 1), WAIT % ("7s", 41), {"after": {"value": 42}}),
        (
            LOOP % ("7s", 1),
            LOOP % ("1s", 10),
            {"after": {"value": [{"value": 10}, {"value": 20}]}},
        ),
        (WAIT % ("\"{{ '7' + 's' }}\"", 1), WAIT % ("7s", 2), {"after": {"value": 3}}),
        (WAIT % ("7s", 1), WAIT % ("\"{{ '7' + 's' }}\"", 2), {"after": {"value": 3}}),
    ],
    ids=["delay", "loop", "expression to constant", "constant to expression"],
)
def test_what_waited_under_a_killed_process_ends_in_the_new_version(
    folder, settings, old, new, result
):
    path = folder / "wait.flow.yaml"
    path.write_text(old)
    execution_id = killed_while_waiting(folder, settings, path)
    path.write_text(new)
    with ff.open_lab(folder, settings=settings) as lab:
        lab.keep(ff.Document.read(path))
        told = lab.versions.migrate(execution_id, "latest")
    with ff.open_lab(folder, settings=settings) as lab:
        outcome = lab.wait(execution_id)
        versions = lab.executions()["version"].tolist()

    assert (told.outcome, outcome.status, outcome.result) == ("moved", "succeeded", result)
    assert versions == [told.new]


ASKS = """\
id: wait
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.wait_webhook, config: {%s}, next: {received: after}}
  after: {kind: action.transform, config: {value: nodes.wait.answer}}
"""
STRICT = "expects: {type: object, required: [ok]}"


@pytest.mark.parametrize(
    ("before", "after", "refused"), [("", STRICT, {"no": 1}), (STRICT, "", None)]
)
def test_an_answer_is_judged_by_the_version_that_was_moved_to(
    lab, keep, start, before, after, refused
):
    execution_id = start(ASKS % before)
    keep(ASKS % after)
    assert lab.versions.migrate(execution_id, "latest").outcome == "moved"
    [wait] = lab.waits.list()

    if refused is not None:
        with pytest.raises(PlanError, match="ok"):
            lab.waits.answer(wait.key, refused)
    answer = {"ok": 1} if refused else "anything"
    lab.waits.answer(wait.key, answer)

    assert lab.wait(execution_id).result == {"after": {"value": answer}}
