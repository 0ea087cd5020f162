"""Which nodes run, in which order, with which values."""

import pytest

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import NotFoundError, PlanError
from flowforge_lab.events import TokenDropped, VisitCancelled, VisitStarted, VisitSucceeded

FORK = """
nodes:
  start: {kind: trigger.manual, next: [left, right]}
  left: {kind: test.slow, config: {seconds: 0.4}, next: end}
  right: {kind: test.slow, config: {seconds: 0.4}, next: end}
  end: {kind: action.transform, config: {value: input.value}}
"""
JOIN = """
nodes:
  start: {{kind: trigger.manual, next: [quick, slow]}}
  quick: {{kind: test.slow, config: {{seconds: 0}}, next: meet}}
  slow: {{kind: test.slow, config: {{seconds: 0.2}}, next: meet}}
  meet: {{kind: logic.join, config: {config}, next: last}}
  last: {{kind: action.transform, config: {{value: nodes.meet.arrived}}}}
"""


def nodes_of(bench, outcome, kind=VisitSucceeded):
    return [event.node for event in bench.events(outcome.execution_id, kind)]


@pytest.mark.slow
def test_runs_independent_branches_side_by_side(bench):
    outcome = bench.run(FORK)

    assert outcome.status == "succeeded"
    assert outcome.duration < 0.75


@pytest.mark.slow
def test_runs_a_node_once_for_each_edge_that_arrives(bench):
    outcome = bench.run(FORK)

    assert nodes_of(bench, outcome).count("end") == 2


def test_names_any_earlier_node_and_the_inputs(bench):
    text = """
inputs: {n: {type: integer, default: 4}}
nodes:
  start: {kind: trigger.manual, next: one}
  one: {kind: action.transform, config: {set: {x: "{{ inputs.n + 1 }}"}}, next: two}
  two: {kind: action.transform, config: {value: "'between'"}, next: three}
  three: {kind: action.transform, config: {set: {x: "{{ nodes.one.value.x * 10 }}", s: "{{ nodes.two.value }}!"}}}
"""

    outcome = bench.run(text)

    assert outcome.result == {"three": {"value": {"value": "between", "x": 50, "s": "between!"}}}


def test_condition_takes_one_way_only(bench):
    text = """
inputs: {n: {type: integer, required: true}}
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: logic.condition, config: {condition: inputs.n > 3}, next: {"true": big, "false": small}}
  big: {kind: action.transform, config: {value: "'big'"}}
  small: {kind: action.transform, config: {value: "'small'"}}
"""

    assert bench.run(text, inputs={"n": 9}).result == {"big": {"value": "big"}}
    assert bench.run(text, inputs={"n": 1}).result == {"small": {"value": "small"}}


def test_join_of_all_waits_for_the_slowest(bench):
    outcome = bench.run(JOIN.format(config="{}"))

    assert outcome.result["last"]["value"] == ["quick", "slow"]


def test_join_of_any_goes_on_with_the_first_and_drops_the_late_one(bench):
    outcome = bench.run(JOIN.format(config="{mode: any}"))

    assert outcome.result["last"]["value"] == ["quick"]
    dropped = bench.events(outcome.execution_id, TokenDropped)
    assert [event.token.target for event in dropped] == ["meet"]


def test_join_can_cancel_the_branches_it_does_not_wait_for(bench):
    outcome = bench.run(JOIN.format(config="{mode: any, cancel_rest: true}"))

    assert nodes_of(bench, outcome, VisitCancelled) == ["slow"]
    assert outcome.status == "succeeded"


def test_join_does_not_wait_for_a_branch_that_was_not_taken(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: [ask, other]}
  ask: {kind: logic.condition, config: {condition: "False"}, next: {"true": yes, "false": no}}
  yes: {kind: action.transform, config: {value: "1"}, next: meet}
  no: {kind: action.transform, config: {value: "2"}}
  other: {kind: action.transform, config: {value: "3"}, next: meet}
  meet: {kind: logic.join}
"""

    outcome = bench.run(text)

    assert outcome.result["meet"]["arrived"] == ["other"]


def test_end_gives_the_result_and_cancels_the_rest(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: [slow, end]}
  end: {kind: flow.end, config: {result: "{'done': 1}"}}
  slow: {kind: test.slow, config: {seconds: 5}}
"""

    outcome = bench.run(text)

    assert (outcome.status, outcome.result) == ("succeeded", {"done": 1})
    assert nodes_of(bench, outcome, VisitCancelled) == ["slow"]


def test_an_ancestor_that_did_not_run_fails_unless_a_default_is_given(bench):
    text = """
nodes:
  start: {{kind: trigger.manual, next: ask}}
  ask: {{kind: logic.condition, config: {{condition: "False"}}, next: {{"true": yes, "false": last}}}}
  yes: {{kind: action.transform, config: {{value: "1"}}, next: last}}
  last: {{kind: action.transform, config: {{value: {value}}}}}
"""

    failed = bench.run(text.format(value="nodes.yes.value"))
    fine = bench.run(text.format(value='"default(nodes.yes.value, 7)"'))

    assert failed.error.type == "expression"
    assert "yes" in failed.error.detail
    assert fine.result["last"]["value"] == 7


def test_journals_every_visit_with_its_cause_and_rendered_config(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: one}
  one: {kind: action.transform, config: {set: {x: "{{ 1 + 1 }}"}}}
"""

    outcome = bench.run(text)

    started = bench.events(outcome.execution_id, VisitStarted)[1]
    assert [token.source for token in started.cause] == [1]
    assert started.config == {"set": {"x": 2}}


def test_refuses_inputs_that_do_not_fit_and_starts_nothing(bench):
    text = "inputs: {n: {type: integer, required: true}}\nnodes: {start: {kind: trigger.manual}}"

    with pytest.raises(PlanError) as caught:
        bench.run(text, inputs={"m": "x"})

    assert len(caught.value.problems) == 2


def test_refuses_a_trigger_that_is_not_there(bench):
    with pytest.raises(NotFoundError, match="no trigger 'webhook'"):
        bench.run("nodes: {start: {kind: trigger.manual}}", trigger="webhook")


def test_a_workflow_of_one_trigger_succeeds_with_its_outputs(bench):
    text = "inputs: {n: {type: integer, default: 2}}\nnodes: {start: {kind: trigger.manual}}"

    outcome = bench.run(text)

    assert isinstance(outcome, Outcome)
    assert outcome.result == {"start": {"n": 2}}


def test_end_can_fail_the_execution_with_a_message(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: end}
  end: {kind: flow.end, config: {status: failed, message: "no stock of {{ 1 + 1 }}"}}
"""

    outcome = bench.run(text)

    assert (outcome.status, outcome.error.type, outcome.error.title) == (
        "failed",
        "flow.end",
        "no stock of 2",
    )


@pytest.mark.parametrize("other", ["action.transform", "flow.delay"])
def test_a_join_cancels_a_branch_that_has_not_begun(bench, other):
    config = "{duration: 1h}" if other == "flow.delay" else "{}"
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: [a, b]}}
  a: {{kind: action.transform, config: {{value: "1"}}, next: meet}}
  b: {{kind: {other}, config: {config}, next: meet}}
  meet: {{kind: logic.join, config: {{mode: any, cancel_rest: true}}, next: last}}
  last: {{kind: action.transform, config: {{value: nodes.meet.arrived}}}}
"""

    outcome = bench.run(text)

    assert outcome.result == {"last": {"value": ["a"]}}
    [dropped] = bench.events(outcome.execution_id, TokenDropped)
    assert dropped.token.target == "b"


def test_a_join_cancels_a_branch_that_waits(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: [b, a]}
  a: {kind: test.slow, config: {seconds: 0.05}, next: meet}
  b: {kind: flow.delay, config: {duration: 3s}, next: meet}
  meet: {kind: logic.join, config: {mode: any, cancel_rest: true}}
"""

    outcome = bench.run(text)

    assert outcome.result == {
        "meet": {
            "branches": {"a": {"value": 0.05}},
            "arrived": ["a"],
            "is_timed_out": False,
            "missing": 0,
        }
    }
    assert nodes_of(bench, outcome, VisitCancelled) == ["b"]
    assert outcome.duration < 2


CLOCKS = """
nodes:
  start: {kind: trigger.manual, next: told}
  told: {kind: action.transform, config: {value: "%s"}}
"""


@pytest.mark.parametrize(
    "moment",
    [
        "{{ now() }}",
        "{{ default(input.never, now()) }}",
        "{{ now() - timedelta(0) }}",
        "{{ datetime.now(timezone.utc) }}",
    ],
)
def test_however_an_expression_asks_for_the_time_it_gets_the_start_of_its_visit(bench, moment):
    outcome = bench.run(CLOCKS % moment)

    [visit] = [one for one in bench.events(outcome.execution_id, VisitSucceeded) if one.visit == 2]
    assert outcome.result["told"]["value"].timestamp() * 1e6 == pytest.approx(
        visit.started_at, abs=1
    )
