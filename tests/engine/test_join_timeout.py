"""A join that has waited long enough goes on with what has come."""

import pytest

from flowforge_lab.events import Logged, TokenDropped, VisitSucceeded, fold

LATE = """
nodes:
  start: {kind: trigger.manual, next: [quick, slow]}
  quick: {kind: action.transform, config: {value: "'q'"}, next: meet}
  slow: {kind: flow.delay, config: {duration: %s}, next: meet}
  meet: {kind: logic.join, config: {timeout: %s%s}, next: %s}
  after: {kind: action.transform, config: {value: "[nodes.meet.arrived, nodes.meet.is_timed_out]"}}
  late: {kind: action.transform, config: {value: "'late'"}}
"""


@pytest.mark.parametrize(
    ("way", "result"),
    [
        ("{out: after, timeout: late}", {"late": {"value": "late"}}),
        (
            "{out: [after, late]}",
            {"after": {"value": [["quick"], True]}, "late": {"value": "late"}},
        ),
    ],
)
@pytest.mark.parametrize("limit", [0.0, 5.0])
def test_goes_on_when_its_time_is_over(bench, way, result, limit):
    bench.limits = bench.short_waits(limit)
    text = LATE % ("1h", "30ms", "", way)
    outcome = bench.run(text)
    while outcome.status == "waiting" and not bench.events(outcome.execution_id, TokenDropped):
        if len(bench.events(outcome.execution_id, VisitSucceeded)) > 3:
            break
        bench.wait_for(outcome)
        outcome = bench.resume(outcome.execution_id, text)
    bench.let_time_pass(outcome.execution_id)
    outcome = bench.resume(outcome.execution_id, text)

    assert outcome.result == result
    assert len(bench.events(outcome.execution_id, TokenDropped)) == 1


def test_does_not_time_out_when_all_came(bench):
    text = LATE.replace("nodes.meet.arrived", "len(nodes.meet.arrived)")
    outcome = bench.run(text % ("1ms", "5s", "", "{out: after, timeout: late}"))

    assert outcome.result == {"after": {"value": [2, False]}}


def test_stops_the_branches_it_no_longer_waits_for(bench):
    outcome = bench.run(
        LATE % ("1h", "10ms", ", cancel_rest: true", "{out: after, timeout: late}")
    )

    state = fold(bench.entries(outcome.execution_id))
    assert (outcome.status, outcome.result) == ("succeeded", {"late": {"value": "late"}})
    assert [visit.status for visit in state.visits.values() if visit.node == "slow"] == [
        "cancelled"
    ]


def test_times_out_in_each_turn_of_a_loop_for_itself(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 500, 2]", parallel: 3}, next: {body: [quick, slow], done: after}}
  quick: {kind: action.transform, config: {value: item}, next: meet}
  slow: {kind: flow.delay, config: {duration: "{{ item }}ms"}, next: meet}
  meet: {kind: logic.join, config: {timeout: 100ms, cancel_rest: true}, next: tell}
  tell: {kind: action.transform, config: {value: nodes.meet.is_timed_out}, next: each}
  after: {kind: action.transform, config: {value: "[one.value for one in nodes.each.results]"}}
"""
    assert bench.run(text).result["after"]["value"] == [False, True, False]


@pytest.mark.slow
def test_goes_on_to_the_same_result_from_a_cut_at_any_event(bench):
    text = LATE % ("1h", "5ms", ", cancel_rest: true", "{out: after, timeout: late}")
    whole = bench.run(text)

    for keep in range(1, len(bench.entries(whole.execution_id))):
        cut = bench.run(text)
        bench.journal.cut(cut.execution_id, keep)
        assert bench.resume(cut.execution_id, text).result == {"late": {"value": "late"}}


SHORT = """
nodes:
  start: {kind: trigger.manual, next: [a, ask]}
  a: {kind: action.transform, config: {value: "1"}, next: meet}
  ask: {kind: logic.condition, config: {condition: "1 > 2"}, next: {true: [b, c]}}
  b: {kind: action.transform, config: {value: "2"}, next: meet}
  c: {kind: action.transform, config: {value: "3"}, next: meet}
  meet: {kind: logic.join, config: %s, next: last}
  last: {kind: action.transform, config: {value: "[nodes.meet.missing, nodes.meet.is_timed_out]"}}
"""


@pytest.mark.parametrize(
    ("config", "missing", "said"),
    [
        ("{mode: n, count: 3}", 2, ["1 of 3 arrived, and no more can come"]),
        ("{mode: n, count: 1}", 0, []),
        ("{mode: any}", 0, []),
        ("{mode: all}", 0, []),
    ],
)
def test_tells_how_many_are_missing_where_too_few_can_come(bench, config, missing, said):
    outcome = bench.run(SHORT % config)

    assert outcome.result["last"] == {"value": [missing, False]}
    assert [line.message for line in bench.events(outcome.execution_id, Logged)] == said


def test_tells_how_many_are_missing_when_the_time_is_over(bench):
    late = LATE.replace("nodes.meet.is_timed_out", "nodes.meet.missing")
    outcome = bench.run(late % ("50ms", "1ms", "", "{out: [after, late]}"))

    assert outcome.result["after"] == {"value": [["quick"], 1]}
