"""A lab that is closed in the middle of its work: what could not be begun again comes to its end."""

import pytest

import flowforge_lab as ff
from flowforge_lab.settings import Settings
from tests.patience import wait_for

pytestmark = pytest.mark.slow

WORKS = """\
nodes:
  start: {kind: trigger.manual, next: [work, quick]}
  work:
    kind: test.slow
    config: {seconds: %s, told: "%s"}
    on_crash: %s
    next: after
  after: {kind: test.append, config: {path: "%s", text: after}}
  quick: {kind: test.slow, config: {seconds: 0.1}, next: beside}
  beside: {kind: test.slow, config: {seconds: 30}, on_crash: rerun}
"""


@pytest.fixture
def stopped(folder, write):
    """Close a lab in the middle of a step, and return another one with the execution and what was told."""
    labs = []

    def stopped(*, seconds, on_crash):
        lines = (folder / "told", folder / "lines")
        path = write("works", WORKS % (seconds, lines[0], on_crash, lines[1]))
        settings = Settings(owner_linger_seconds=0.5, poll_seconds=0.05, stop_seconds=5)
        with ff.open_lab(folder, settings=settings) as lab:
            execution_id = lab.start(path)
            wait_for(lambda: {step.node for step in lab.steps_of(execution_id)} >= {"beside"})
            wait_for(lines[0].exists)
        labs.append(ff.open_lab(folder, settings=settings))
        return labs[0], execution_id, [one.read_text().split() for one in lines if one.exists()]

    yield stopped
    for lab in labs:
        lab.close()


def test_a_step_that_cannot_be_run_again_ends_and_nothing_begins_behind_it(stopped):
    lab, execution_id, told = stopped(seconds=1.5, on_crash="fail")
    steps = {step.node: step for step in lab.steps_of(execution_id)}

    assert told == [["began"]], "it was not stopped, and the next one not begun"
    assert steps["work"].status == "succeeded"
    assert steps["beside"].status == "running", "it can be begun again"
    assert "after" not in steps
    assert not lab.get(execution_id).is_finished


def test_what_comes_behind_it_is_done_by_who_goes_on(stopped, folder):
    lab, execution_id, _ = stopped(seconds=1.0, on_crash="fail")
    wait_for(lambda: lab.resume(execution_id))
    wait_for((folder / "lines").exists)

    assert {step.node: step.attempts for step in lab.steps_of(execution_id)}["work"] == 1
    lab.cancel(execution_id)


def test_a_step_that_is_safe_to_run_again_keeps_nobody(stopped):
    lab, execution_id, told = stopped(seconds=20, on_crash="rerun")

    assert told == [["began", "stopped"]]
    assert {step.node: step.status for step in lab.steps_of(execution_id)}["work"] == "running"


def test_who_has_no_patience_left_cuts_it_off(stopped):
    lab, execution_id, told = stopped(seconds=20, on_crash="fail")
    wait_for(lambda: lab.resume(execution_id))

    assert told == [["began", "stopped"]]
    assert lab.wait(execution_id).error.title.startswith("cut off when its process ended")
