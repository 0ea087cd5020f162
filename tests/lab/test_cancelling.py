"""Cancelling an execution ends all that it awaits, where no host runs."""

import flowforge_lab as ff
from tests.patience import wait_for

WAITS = """\
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.wait_webhook, next: {received: end}}
  end: {kind: flow.end}
"""
CALLS = """\
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: %s}, next: end}
  end: {kind: flow.end}
"""
LEAVES = """\
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: low, wait: false}, next: wait}
  wait: {kind: flow.delay, config: {duration: 1h}}
"""
WORKS = """\
settings: {finally: tidy}
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: test.slow, config: {seconds: 60}}
  tidy: {kind: test.append, config: {path: "%s", text: tidied}}
"""
GATE = """\
settings: {concurrency: {limit: 1}}
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.wait_webhook, next: {received: end}}
  end: {kind: flow.end}
"""
TIDIES = """\
settings: {finally: tidy}
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.wait_webhook}
  tidy: {kind: test.slow, config: {seconds: 1.5}, next: done}
  done: {kind: test.append, config: {path: "%s", text: tidied}}
"""


def statuses(lab, *names):
    return [head.status for name in names for head in lab.heads(workflow_id=name)]


def test_a_called_one_that_waits_is_over_when_the_call_returns(lab, write):
    write("low", WAITS)
    write("mid", CALLS % "low")
    top = lab.start(write("top", CALLS % "mid"))
    wait_for(lambda: statuses(lab, "top", "mid", "low") == ["waiting"] * 3)
    lab.cancel(top)

    assert statuses(lab, "top", "mid", "low") == ["cancelled"] * 3
    assert lab.waits.list() == []


def test_a_called_one_that_is_queued_below_never_starts(lab, write):
    first = lab.start(write("gate", GATE))
    write("mid", CALLS % "gate")
    top = lab.start(write("top", CALLS % "mid"))
    wait_for(lambda: statuses(lab, "gate") == ["queued", "waiting"])
    wait_for(lambda: statuses(lab, "top", "mid") == ["waiting"] * 2)
    lab.cancel(top)
    lab.cancel(first)

    [queued, _first] = lab.heads(workflow_id="gate")
    assert statuses(lab, "top", "mid") == ["cancelled"] * 2
    assert queued.status == "cancelled"
    assert [step.node for step in lab.steps_of(queued.id)] == []


def test_what_was_started_and_not_awaited_goes_on(lab, write):
    write("low", WAITS)
    mid = lab.start(write("mid", LEAVES))
    wait_for(lambda: statuses(lab, "mid", "low") == ["waiting"] * 2)
    lab.cancel(mid)

    assert statuses(lab, "mid", "low") == ["cancelled", "waiting"]


def test_a_called_one_that_another_engine_runs_is_asked_and_ends_there(
    lab, folder, settings, write
):
    write("low", WORKS % (folder / "lines"))
    top = lab.start(write("top", CALLS % "low"))
    wait_for(lambda: statuses(lab, "top", "low") == ["waiting", "running"])
    with ff.open_lab(folder, settings=settings) as other:
        other.cancel(top)

        assert statuses(other, "top") == ["cancelled"]
        wait_for(lambda: statuses(lab, "low") == ["cancelled"])
    assert (folder / "lines").read_text().endswith("tidied\n")


def test_what_tidies_up_is_not_cut_off_by_the_end_of_its_caller(lab, folder, write):
    write("low", TIDIES % (folder / "lines"))
    top = lab.start(write("top", CALLS % "low"))
    wait_for(lambda: statuses(lab, "top", "low") == ["waiting"] * 2)
    lab.cancel(top)

    assert statuses(lab, "top") == ["cancelled"]
    wait_for(lambda: statuses(lab, "low") == ["cancelled"])
    assert (folder / "lines").read_text().endswith("tidied\n")


def test_a_sub_workflow_that_tidies_up_after_the_cancel_comes_to_its_end(lab, write):
    nap = "nodes:\n  start: {kind: trigger.manual, next: nap}\n  nap: {kind: test.slow, config: {seconds: 1}}\n"
    write("nap", nap)
    call = "  tidy: {kind: flow.sub_workflow, config: {workflow: nap}}\n"
    top = lab.start(write("top", "settings: {finally: tidy}\n" + WAITS + call))
    wait_for(lambda: statuses(lab, "top") == ["waiting"])
    lab.cancel(top)

    assert lab.wait(top).status == "cancelled"
    assert statuses(lab, "nap") == ["succeeded"]
