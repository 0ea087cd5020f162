"""A disabled node is passed by: what comes to it goes on as it came."""

import pytest

from flowforge_lab.errors import PlanError
from flowforge_lab.events import VisitSucceeded

CHAIN = """
nodes:
  start: {kind: trigger.manual, next: first}
  first: {kind: action.transform, config: {value: "7"}, next: second}
  second: {kind: action.transform, disabled: true, config: {value: "input.value * 1000"}, next: last}
  last: {kind: action.transform, config: {value: "[input.value, nodes.second.value]"}}
"""
FORKED = """
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: logic.condition, disabled: true, config: {if: "1 == 2"}, next: {true: yes_, false: no_}}
  yes_: {kind: action.transform, config: {value: "1"}, next: last}
  no_: {kind: action.transform, config: {value: "nodes.ask.unknown"}, next: last}
  last: {kind: action.transform, config: {value: "nodes.yes_.value"}}
"""
LOOP = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, disabled: true, config: {items: "[1, 2]"}, next: {body: work, done: after}}
  work: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "1"}}
"""
JUMP = """
nodes:
  start: {kind: trigger.manual, next: again}
  again: {kind: action.transform, config: {value: "1"}, next: back}
  back: {kind: logic.jump, disabled: true, next: again}
"""


def test_what_comes_to_it_goes_on_as_it_came(bench):
    assert bench.run(CHAIN).result["last"]["value"] == [7, 7]


def test_its_config_is_not_looked_at(bench):
    text = CHAIN.replace("input.value * 1000", "((nonsense")
    text = text.replace("action.transform, disabled", "no.such_kind, disabled")

    assert bench.run(text).result["last"]["value"] == [7, 7]


def test_of_several_ports_it_is_passed_by_the_first(bench):
    outcome = bench.run(FORKED)

    assert outcome.result["last"]["value"] == 1


def test_a_loop_is_passed_by_without_a_turn(bench):
    assert list(bench.run(LOOP).result) == ["after"]


def test_at_a_jump_the_branch_stops(bench):
    assert bench.run(JUMP).status == "succeeded"


def test_at_an_end_the_branch_stops_and_the_others_go_on(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: [stop, other]}
  stop: {kind: flow.end, disabled: true, config: {status: failed, message: no}}
  other: {kind: action.transform, config: {value: "5"}}
"""
    outcome = bench.run(text)

    assert (outcome.status, outcome.result["other"]["value"]) == ("succeeded", 5)


def test_a_join_is_passed_by_with_each_branch(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: [a, b]}
  a: {kind: action.transform, config: {value: "1"}, next: both}
  b: {kind: action.transform, config: {value: "2"}, next: both}
  both: {kind: logic.join, disabled: true, next: each}
  each: {kind: action.transform, config: {value: input.value}}
"""
    id = bench.run(text).execution_id

    ended = [event for event in bench.events(id, VisitSucceeded) if event.node == "each"]
    assert sorted(event.outputs["value"] for event in ended) == [1, 2]


def test_a_workflow_whose_triggers_are_all_disabled_does_not_run(bench):
    with pytest.raises(PlanError, match="every trigger is disabled"):
        bench.run("nodes:\n  start: {kind: trigger.manual, disabled: true}\n")
