"""Breakpoints and single steps stop one execution, where they should, and each arrival once."""

import asyncio
import json

import pytest

from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import ExecutionPaused, VisitStarted, fold

CHAIN = """
nodes:
  start: {kind: trigger.manual, next: a}
  a: {kind: action.transform, config: {value: 1}, next: b}
  b: {kind: action.transform, config: {value: "nodes.a.value + default(vars.execution.more, 0)"}, next: c}
  c: {kind: action.transform, config: {value: "nodes.b.value * 10"}}
"""
LOOP = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]", parallel: %d}, next: {body: work, done: after}}
  work: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.results"}}
"""
JOIN = """
nodes:
  start: {kind: trigger.manual, next: [a, b]}
  a: {kind: action.transform, config: {value: "'a'"}, next: meet}
  b: {kind: test.slow, config: {seconds: 0.03}, next: meet}
  meet: {kind: logic.join, next: after}
  after: {kind: action.transform, config: {value: "len(nodes.meet.arrived)"}}
"""


def signal(bench, outcome, kind, **payload):
    text = json.dumps(payload)
    return asyncio.run(bench.journal.signal(outcome.execution_id, kind, text))


def go_on(bench, outcome, text, *, is_step=False):
    signal(bench, outcome, "continue", is_step=is_step)
    return bench.resume(outcome.execution_id, text)


def state(bench, outcome):
    return fold(bench.entries(outcome.execution_id))


def waiting(bench, outcome):
    return sorted(token.target for token in state(bench, outcome).tokens)


def nodes(bench, outcome):
    return [event.node for event in bench.events(outcome.execution_id, VisitStarted)]


def stops(bench, text, breakpoints, *, is_step=False):
    """Go on from stop to stop, and return what waited at each, and the outcome."""
    outcome = bench.run(text, breakpoints=breakpoints)
    found = []
    while outcome.status == "paused":
        found.append(waiting(bench, outcome))
        outcome = go_on(bench, outcome, text, is_step=is_step)
    return found, outcome


def test_a_breakpoint_stops_before_its_node(bench):
    found, outcome = stops(bench, CHAIN, {"b": ""})

    assert found == [["b"]]
    assert outcome.result == {"c": {"value": 10}}


@pytest.mark.parametrize(("condition", "count"), [("input.value == 1", 1), ("input.value > 1", 0)])
def test_a_condition_decides_whether_it_stops(bench, condition, count):
    found, _ = stops(bench, CHAIN, {"b": condition})

    assert len(found) == count


def test_a_condition_that_cannot_be_asked_stops(bench):
    assert stops(bench, CHAIN, {"b": "input.nothing.at_all"})[0] == [["b"]]


def test_a_condition_of_the_sandbox_stops_as_well(bench):
    assert stops(bench, CHAIN, {"b": "sum([x for x in [input.value, 2]]) == 3"})[0] == [["b"]]


@pytest.mark.parametrize("parallel", [1, 2, 3])
def test_a_breakpoint_in_a_loop_stops_in_each_turn_once(bench, parallel):
    found, outcome = stops(bench, LOOP % parallel, {"work": ""})

    paused = bench.events(outcome.execution_id, ExecutionPaused)
    assert [event.token.scope[0][1] for event in paused] == [0, 1, 2]
    assert len(found) == 3
    assert [one["value"] for one in outcome.result["after"]["value"]] == [1, 2, 3]


def test_a_breakpoint_in_a_loop_can_stop_in_one_turn_only(bench):
    _, outcome = stops(bench, LOOP % 3, {"work": "item == 2"})

    [paused] = bench.events(outcome.execution_id, ExecutionPaused)
    assert paused.token.scope[0][1] == 1


@pytest.mark.parametrize("condition", ["", "len(input) == 2"])
def test_a_breakpoint_at_a_join_stops_once_when_all_have_come(bench, condition):
    found, outcome = stops(bench, JOIN, {"meet": condition})

    assert found == [["meet", "meet"]]
    assert outcome.result == {"after": {"value": 2}}


def test_single_steps_make_one_visit_each(bench):
    found, outcome = stops(bench, CHAIN, {"a": ""}, is_step=True)

    assert found == [["a"], ["b"], ["c"]]
    assert outcome.status == "succeeded"


def test_single_steps_move_every_branch_and_stop_before_the_join(bench):
    found, outcome = stops(bench, JOIN, {"a": "", "b": ""}, is_step=True)

    assert found == [["a", "b"], ["meet", "meet"], ["after"]]
    assert outcome.result == {"after": {"value": 2}}


def test_single_steps_through_a_loop_stop_in_each_turn(bench):
    found, outcome = stops(bench, LOOP % 1, {"each": ""}, is_step=True)

    assert found == [["each"], ["work"], ["work"], ["work"], ["after"]]
    assert outcome.status == "succeeded"


def test_a_step_over_a_retry_takes_the_retry_along(bench):
    flaky = "{kind: test.flaky, config: {failures: 1}, retry: {attempts: 2, first: 20ms}, next: c}"
    text = CHAIN.replace("{kind: action.transform, config: {value: 1}, next: b}", flaky)
    text = text.replace("nodes.a.value + default(vars.execution.more, 0)", "1")
    text = text.replace("next: c}\n  b", "next: b}\n  b")
    found, _ = stops(bench, text, {"a": ""}, is_step=True)

    assert found == [["a"], ["b"], ["c"]]


@pytest.mark.slow
def test_a_step_over_a_long_wait_parks_it_and_stops_behind(bench):
    bench.limits = bench.short_waits(0.0)
    text = CHAIN.replace(
        "action.transform, config: {value: 1}", "flow.delay, config: {duration: 40ms}"
    )
    text = text.replace("nodes.a.value", "1")
    outcome = go_on(bench, bench.run(text, breakpoints={"a": ""}), text, is_step=True)
    assert outcome.status == "waiting"
    bench.wait_for(outcome)
    outcome = bench.resume(outcome.execution_id, text)

    assert (outcome.status, waiting(bench, outcome)) == ("paused", ["b"])


def test_a_pause_in_the_midst_of_retries_steps_on_to_the_end_of_the_visit(bench):
    bench.limits = bench.short_waits(0.0)
    text = CHAIN.replace(
        "action.transform, config: {value: 1}", "flow.delay, config: {duration: 1h}"
    ).replace("nodes.a.value", "1")
    outcome = bench.run(text)
    signal(bench, outcome, "pause")
    outcome = bench.resume(outcome.execution_id, text)

    assert go_on(bench, outcome, text, is_step=True).status == "waiting", (
        "not paused at once again"
    )


def test_variables_and_outputs_can_be_edited_while_it_stands(bench):
    outcome = bench.run(CHAIN, breakpoints={"b": ""})
    signal(bench, outcome, "variable", name="more", value=4, by="ada")
    signal(bench, outcome, "outputs", visit=2, outputs={"value": 2}, by="ada")
    outcome = bench.resume(outcome.execution_id, CHAIN)
    outcome = go_on(bench, outcome, CHAIN)

    assert outcome.result == {"c": {"value": 60}}
    said = [getattr(event, "by", "") for event in bench.events(outcome.execution_id)]
    assert said.count("ada") == 2


def test_breakpoints_can_be_changed_while_it_stands(bench):
    outcome = bench.run(CHAIN, breakpoints={"b": ""})
    signal(bench, outcome, "breakpoints", breakpoints={"c": ""})
    outcome = go_on(bench, outcome, CHAIN)

    assert waiting(bench, outcome) == ["c"]


@pytest.mark.parametrize("wish", [{"until": "d"}, {"pins": {"d": {}}}, {"breakpoints": {"d": ""}}])
def test_a_node_that_is_not_there_is_refused_before_anything_starts(bench, wish):
    with pytest.raises(NotFoundError, match="no node 'd'"):
        bench.run(CHAIN, **wish)


def test_runs_to_a_node_and_no_further(bench):
    outcome = bench.run(CHAIN, until="b")

    assert outcome.result == {"value": 1}
    assert nodes(bench, outcome) == ["start", "a", "b"]
