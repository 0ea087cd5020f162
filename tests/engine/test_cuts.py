"""A crash after any event at all: the next engine comes to the same result, and loses no turn of a loop."""

import pytest

from flowforge_lab.events import IterationStarted, VisitCancelled, fold

LOOPS = """
nodes:
  start: {kind: trigger.manual, next: outer}
  outer: {kind: logic.loop, config: {items: "[1, 2]", parallel: 2}, next: {body: inner, done: after}}
  inner: {kind: logic.loop, config: {range: {stop: 2}}, next: {body: [a, b], done: outer}}
  a: {kind: action.transform, config: {value: "nodes.outer.item * 10 + item"}, next: meet}
  b: {kind: flow.delay, config: {duration: 1ms}, next: meet}
  meet: {kind: logic.join, next: out}
  out: {kind: action.transform, config: {value: nodes.a.value}, next: inner}
  after: {kind: action.transform, config: {value: "[[one.value for one in turn.results] for turn in nodes.outer.results]"}}
"""
JUMPS = """
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: action.transform, config: {value: "default(nodes.again.jump, 0)"}, next: is_enough}
  is_enough: {kind: logic.condition, config: {condition: nodes.ask.value >= 3}, next: {true: each, false: again}}
  again: {kind: logic.jump, next: {out: ask}}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]"}, next: {body: is_two, done: after}}
  is_two: {kind: logic.condition, config: {condition: item == 2}, next: {true: leave, false: each}}
  leave: {kind: logic.jump, next: after}
  after: {kind: action.transform, config: {value: "[nodes.ask.value, nodes.again.jump, default(nodes.leave.jump, 0)]"}}
"""
PASSED_OVER = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 0, 2, 0]", parallel: 2, on_item_error: blank}, next: {body: [work, slow], done: after}}
  slow: {kind: flow.delay, config: {duration: 2ms}}
  work: {kind: action.transform, config: {value: "1 // item"}, next: each}
  after: {kind: action.transform, config: {value: "[one and one.value for one in nodes.each.results]"}}
"""
BROKEN = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "list(range(9))"}, next: {body: is_four, done: after}}
  is_four: {kind: logic.condition, config: {condition: item == 4}, next: {true: each.break, false: is_odd}}
  is_odd: {kind: logic.condition, config: {condition: item % 2}, next: {true: each.continue, false: work}}
  work: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.results"}}
"""
ALWAYS = """
settings: {finally: tidy}
nodes:
  start: {kind: trigger.manual, next: [bad, slow]}
  bad: {kind: action.transform, config: {value: "1 // 0"}}
  slow: {kind: flow.delay, config: {duration: 1h}}
  tidy: {kind: action.transform, config: {value: "[execution.status, input.error.node]"}, next: last}
  last: {kind: action.transform, config: {value: nodes.tidy.value}}
"""
WORKFLOWS = {
    "loops": (LOOPS, [[10, 11], [20, 21]]),
    "jumps": (JUMPS, [3, 3, 1]),
    "passed over": (PASSED_OVER, [1, None, 0, None]),
    "broken": (
        BROKEN,
        [{"value": 0}, {"result": True}, {"value": 2}, {"result": True}, {"result": True}],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKFLOWS)
def test_goes_on_to_the_same_result_from_a_cut_at_any_event(bench, name):
    text, expected = WORKFLOWS[name]
    whole = bench.run(text)
    assert (whole.error, whole.result) == (None, {"after": {"value": expected}})

    for keep in range(1, len(bench.entries(whole.execution_id))):
        cut = bench.run(text)
        bench.journal.cut(cut.execution_id, keep)
        resumed = bench.resume(cut.execution_id, text)

        assert (keep, resumed.error, resumed.result) == (
            keep,
            None,
            {"after": {"value": expected}},
        )
        state = fold(bench.entries(cut.execution_id))
        assert (state.tokens, state.open_visits()) == ({}, [])


@pytest.mark.slow
def test_the_last_branch_runs_once_whatever_event_a_crash_follows(bench):
    whole = bench.run(ALWAYS)

    for keep in range(1, len(bench.entries(whole.execution_id))):
        cut = bench.run(ALWAYS)
        bench.journal.cut(cut.execution_id, keep)
        resumed = bench.resume(cut.execution_id, ALWAYS)

        assert (resumed.status, resumed.error.node) == ("failed", "bad")
        visits = fold(bench.entries(cut.execution_id)).visits.values()
        assert [v.outputs for v in visits if v.node == "last"] == [{"value": ["failed", "bad"]}]


@pytest.mark.slow
def test_every_turn_starts_once_whatever_event_a_crash_follows(bench):
    whole = bench.run(LOOPS)

    for keep in range(1, len(bench.entries(whole.execution_id)), 3):
        cut = bench.run(LOOPS)
        bench.journal.cut(cut.execution_id, keep)
        bench.resume(cut.execution_id, LOOPS)

        turns = bench.events(cut.execution_id, IterationStarted)
        assert len({(turn.visit, turn.index) for turn in turns}) == len(turns) == 6


QUIET = """
settings: {finally: tidy}
nodes:
  start: {kind: trigger.manual, next: %s}
  slow: {kind: flow.delay, config: {duration: 1s}}
  tidy: {kind: action.transform, config: {value: "%s"}}
"""


def test_a_failure_ends_what_still_runs_before_the_last_branch_begins(bench):
    text = ALWAYS.replace('value: "1 // 0"', 'value: "nodes.start.x"').replace(
        "trigger.manual, next: [bad, slow]}",
        "trigger.manual, next: [slow, first]}\n  first: {kind: flow.delay, config: {duration: 5ms}, next: bad}",
    )
    outcome = bench.run(text)

    [cancelled] = bench.events(outcome.execution_id, VisitCancelled)
    assert (outcome.error.node, cancelled.node) == ("bad", "slow")


def test_an_error_in_the_last_branch_fails_what_had_succeeded(bench):
    outcome = bench.run(QUIET.replace("1s", "1ms") % ("slow", "1 // 0"))

    assert (outcome.status, outcome.error.node) == ("failed", "tidy")


def test_the_last_branch_keeps_the_result_of_what_ran_before(bench):
    outcome = bench.run(QUIET.replace("1s", "1ms") % ("slow", "input.result"))

    assert outcome.status == "succeeded"
    assert list(outcome.result) == ["slow"]


def test_a_cancelled_execution_runs_its_last_branch_too(bench):
    text = QUIET % ("slow", "execution.status")

    outcome = bench.run_and(text, lambda handle: handle.cancel(reason="enough"))

    visits = fold(bench.entries(outcome.execution_id)).visits.values()
    assert outcome.status == "cancelled"
    assert [v.outputs for v in visits if v.node == "tidy"] == [{"value": "cancelled"}]
