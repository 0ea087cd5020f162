"""Sums and swaps of variables, over errors and crashes."""

import asyncio

import pytest

from flowforge_lab.events import VariableSet, fold

COUNT = """\
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {range: {stop: 3}}, next: {body: add, done: result}}
  add: {kind: action.set_variable, config: {name: n, operation: increment, value: 2}, next: each}
  result: {kind: action.transform, config: {value: vars.execution.n}}
"""
SWAP = """\
nodes:
  start: {kind: trigger.manual, next: first}
  first: {kind: action.set_variable, config: {name: lock, operation: swap, value: a}, next: second}
  second: {kind: action.set_variable, config: {name: lock, operation: swap, value: b}, next: third}
  third: {kind: action.set_variable, config: {name: lock, operation: swap, value: c, expected: a}}
"""
BOTH = """\
nodes:
  start: {kind: trigger.manual, next: [own, shared]}
  own: {kind: action.set_variable, config: {name: n, operation: increment}}
  shared: {kind: action.set_variable, config: {name: n, scope: project, operation: increment}}
"""


def test_turns_of_a_loop_count(bench):
    assert bench.run(COUNT).result == {"result": {"value": 6}}


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [COUNT, COUNT.replace("range: {stop: 3}", "range: {stop: 3}, parallel: 3")]
)
def test_counts_are_exact_wherever_a_crash_comes(bench, text):
    whole = bench.run(text)
    count = len(bench.entries(whole.execution_id))
    for keep in range(2, count):
        bench.journal.cut(whole.execution_id, keep)
        assert bench.resume(whole.execution_id, text).result == whole.result, f"after {keep}"


def test_a_sum_outside_of_the_execution_is_made_once_although_the_step_is_run_again(bench):
    whole = bench.run(BOTH)
    for keep in range(2, len(bench.entries(whole.execution_id))):
        bench.journal.cut(whole.execution_id, keep)
        bench.resume(whole.execution_id, BOTH)

    assert asyncio.run(bench.variables.find("project", "n")) == 1
    assert fold(bench.entries(whole.execution_id)).variables["n"] == (1, None)


def test_a_swap_needs_the_expected_value(bench):
    outcome = bench.run(SWAP)
    events = bench.events(outcome.execution_id, VariableSet)

    assert [event.value for event in events] == ["a", "c"]
    assert outcome.result["third"]["changed"] is True


def test_a_swap_that_was_made_before_a_crash_is_told_as_made(bench):
    whole = bench.run(SWAP)
    for keep in range(2, len(bench.entries(whole.execution_id))):
        bench.journal.cut(whole.execution_id, keep)
        assert bench.resume(whole.execution_id, SWAP).result == whole.result


def test_a_text_cannot_be_added_to(bench):
    outcome = bench.run(COUNT.replace("value: 2}", "value: two}"))

    assert (outcome.status, outcome.error.type) == ("failed", "variable.no_number")
    assert "expected a number" in outcome.error.detail
