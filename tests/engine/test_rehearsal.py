"""Executions in memory: waits are over at once, stand-ins end visits, and nothing is journaled."""

import asyncio

import msgspec
import pytest

from flowforge_lab.engine import Ended, mark_of, rehearse
from flowforge_lab.events import ErrorDetail, ExecutionStarted
from flowforge_lab.expressions import Evaluator

AT = 1_790_000_000_000_000


class Script:
    """Ends visits of nodes as told."""

    def __init__(self, ends=None, begins=None):
        self._ends, self._begins = ends or {}, begins or {}
        self.marks = []

    def begins(self, mark):
        return self._begins.get(mark.node, 0)

    def ends(self, step, visit, state):
        self.marks.append(str(mark_of(state, visit)))
        return self._ends.get(step.id)


@pytest.fixture
def rehearsed(bench):
    def run(text, script=None, inputs=None):
        plan = bench.plan(text)
        started = ExecutionStarted(
            "t", plan.digest, "start", inputs=inputs or {}, payload=inputs or {}
        )

        async def work():
            evaluator = Evaluator()
            world = msgspec.structs.replace(bench.world(evaluator), stand_in=script)
            try:
                return await rehearse(world, plan, [started], execution_id="e1", at=AT)
            finally:
                await evaluator.close()
                await world.clients.close()

        return asyncio.run(work())

    return run


def test_days_of_waiting_are_over_at_once(rehearsed):
    state = rehearsed("""
nodes:
  start: {kind: trigger.manual, next: [nap, meet]}
  nap: {kind: flow.delay, config: {duration: 3d}, next: meet}
  meet: {kind: logic.join, next: after}
  after: {kind: action.transform, config: {value: now()}}
""")

    assert state.status == "succeeded"
    assert state.last_at - AT == 3 * 86_400 * 1_000_000


def test_retries_are_made_without_waiting(rehearsed):
    state = rehearsed("""
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: test.flaky, config: {failures: 2}, retry: {attempts: 3, first: 1h, jitter: false}}
""")

    assert (state.status, state.retries) == ("succeeded", 2)


def test_nothing_is_journaled(rehearsed, bench):
    rehearsed("nodes: {start: {kind: trigger.manual}}")

    assert bench.journal.append_count == 0


def test_a_stand_in_ends_a_visit_and_its_node_does_not_run(rehearsed, bench):
    script = Script({"work": Ended("out", {"value": 7}), "start": None})
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: work}}
  work: {{kind: test.append, config: {{path: {bench.folder}/lines, text: x}}, next: after}}
  after: {{kind: action.transform, config: {{value: nodes.work.value * 6}}}}
"""
    state = rehearsed(text, script)

    assert state.finished.result == {"after": {"value": 42}}
    assert not (bench.folder / "lines").exists()


def test_an_error_that_stands_in_is_not_tried_again_and_goes_by_its_port(rehearsed):
    script = Script({"work": Ended(error=ErrorDetail("mine", "it broke", is_transient=True))})
    text = """
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: test.flaky, retry: {attempts: 5}, next: {error: told}}
  told: {kind: flow.end, config: {result: input.error.type}}
"""
    state = rehearsed(text, script)

    assert (state.finished.result, state.retries) == ("mine", 0)


def test_a_visit_that_never_ended_leaves_the_execution_waiting(rehearsed):
    text = "nodes: {start: {kind: trigger.manual, next: work}, work: {kind: test.flaky}}"

    state = rehearsed(text, Script({"work": Ended(is_open=True)}))

    assert (state.finished, [one.status for one in state.open_visits()]) == (None, ["parked"])


def test_marks_tell_the_turns_of_loops_apart(rehearsed):
    script = Script()
    rehearsed(
        """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2]"}, next: {body: work}}
  work: {kind: action.transform, config: {value: item}, next: each}
""",
        script,
    )

    assert script.marks == ["start", "each", "each[0]/work", "each[1]/work"]


def test_a_visit_has_the_time_at_which_it_began_elsewhere(rehearsed):
    text = "nodes: {start: {kind: trigger.manual, next: a}, a: {kind: action.transform, config: {value: '{{ now() }}'}}}"

    state = rehearsed(text, Script(begins={"a": AT + 90_000_000}))

    assert state.visits[2].started_at == AT + 90_000_000
