import pytest

from flowforge_lab.events import IterationFailed, IterationStarted, VisitCancelled, fold

LOOP = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {%s}, next: {body: work, done: after}}
  work: {kind: action.transform, config: {value: "%s"}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.results"}}
"""


def results(outcome):
    assert outcome.status == "succeeded", outcome.error
    return outcome.result["after"]["value"]


def values(outcome):
    return [one["value"] for one in results(outcome)]


def test_a_loop_goes_over_items_in_order(bench):
    outcome = bench.run(LOOP % ("items: '[3, 1, 2]'", "item * 10 + index"))

    assert values(outcome) == [30, 11, 22]


def test_a_loop_goes_over_a_range(bench):
    outcome = bench.run(LOOP % ("range: {start: 4, stop: 0, step: -2}", "item"))

    assert values(outcome) == [4, 2]


def test_a_loop_goes_on_while_its_condition_holds(bench):
    config = "condition: 'index == 0 or result.value < 100'"
    outcome = bench.run(LOOP % (config, "3 ** (index + 1)"))

    assert values(outcome) == [3, 9, 27, 81, 243]


def test_an_empty_list_leaves_at_once(bench):
    assert results(bench.run(LOOP % ("items: '[]'", "item"))) == []


@pytest.mark.parametrize("parallel", [2, 5, 100])
def test_turns_that_run_at_once_keep_the_order_of_their_results(bench, parallel):
    text = LOOP % (f"items: 'list(range(20))', parallel: {parallel}", "item")

    assert values(bench.run(text)) == list(range(20))


def test_at_most_as_many_turns_run_at_once_as_the_loop_allows(bench):
    text = LOOP % ("items: 'list(range(9))', parallel: 3", "item")
    outcome = bench.run(
        text.replace(
            'action.transform, config: {value: "item"}', "flow.delay, config: {duration: 5ms}"
        )
    )
    alive, most = set(), 0
    for entry in bench.entries(outcome.execution_id):
        if isinstance(entry.event, IterationStarted):
            alive.add(entry.event.index)
        elif getattr(entry.event, "kind", "") == "flow.delay" and hasattr(entry.event, "port"):
            alive.discard(min(alive))
        most = max(most, len(alive))

    assert most == 3


def test_an_inner_loop_sees_the_item_of_the_outer_one(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: outer}
  outer: {kind: logic.loop, config: {items: "[1, 2]"}, next: {body: inner, done: after}}
  inner: {kind: logic.loop, config: {items: "[10 * item, 20 * item]"}, next: {body: work, done: outer}}
  work: {kind: action.transform, config: {value: "[nodes.outer.item, nodes.outer.index, item, index]"}, next: inner}
  after: {kind: action.transform, config: {value: "nodes.outer.results"}}
"""
    first, second = results(bench.run(text))

    assert [one["value"] for one in first["results"]] == [[1, 0, 10, 0], [1, 0, 20, 1]]
    assert [one["value"] for one in second["results"]] == [[2, 1, 20, 0], [2, 1, 40, 1]]


CHOICE = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3, 4]"%s}, next: {body: is_three, done: after}}
  is_three: {kind: logic.condition, config: {condition: item == 3}, next: {true: each.%s, false: work}}
  work: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.results"}}
"""


def test_break_ends_the_loop_with_the_results_so_far(bench):
    assert results(bench.run(CHOICE % ("", "break"))) == [
        {"value": 1},
        {"value": 2},
        {"result": True},
    ]


def test_continue_ends_the_turn_only(bench):
    assert results(bench.run(CHOICE % ("", "continue"))) == [
        {"value": 1},
        {"value": 2},
        {"result": True},
        {"value": 4},
    ]


def test_continue_cuts_off_what_else_runs_in_its_turn(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2]"}, next: {body: [slow, quick], done: after}}
  quick: {kind: action.transform, config: {value: item}, next: each.continue}
  slow: {kind: flow.delay, config: {duration: 1h}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.results"}}
"""
    outcome = bench.run(text)

    assert results(outcome) == [{"value": 1}, {"value": 2}]
    assert len(bench.events(outcome.execution_id, VisitCancelled)) == 2


@pytest.mark.parametrize(
    "by", ["next: outer}", "next: back}\n  back: {kind: logic.jump, next: outer}"]
)
def test_an_inner_loop_is_left_straight_for_the_next_turn_of_the_outer_one(bench, by):
    text = """
nodes:
  start: {kind: trigger.manual, next: outer}
  outer: {kind: logic.loop, config: {items: "[1, 2]"}, next: {body: inner, done: after}}
  inner: {kind: logic.loop, config: {items: "[10, 20]", parallel: 2}, next: {body: [work, slow], done: outer}}
  work: {kind: action.transform, config: {value: "[nodes.outer.item, item]"}, BY
  slow: {kind: flow.delay, config: {duration: 1h}, next: inner}
  after: {kind: action.transform, config: {value: "nodes.outer.count"}}
""".replace("BY", by)
    outcome = bench.run(text)

    assert results(outcome) == 2
    assert {
        visit.status for visit in fold(bench.entries(outcome.execution_id)).visits.values()
    } == {
        "succeeded",
        "cancelled",
    }


def test_break_lets_go_of_the_turns_that_run_beside(bench):
    text = (CHOICE % (", parallel: 4", "break")).replace(
        "action.transform, config: {value: item}, next: each",
        "flow.delay, config: {duration: 1h}, next: each",
    )
    outcome = bench.run(text)

    assert results(outcome) == [{"result": True}]
    assert len(bench.events(outcome.execution_id, VisitCancelled)) == 2


def test_what_comes_back_is_the_result_whatever_ends_later(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2]"}, next: {body: [slow, quick], done: after}}
  slow: {kind: flow.delay, config: {duration: 20ms}, next: late}
  late: {kind: action.transform, config: {value: "'late'"}}
  quick: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.results"}}
"""
    assert values(bench.run(text)) == [1, 2]


def test_where_nothing_comes_back_the_last_outputs_are_the_result(bench):
    text = (LOOP % ("items: '[5]'", "item")).replace("}, next: each}\n  after", "}}\n  after")

    assert values(bench.run(text)) == [5]


def test_an_error_in_a_turn_fails_the_loop_and_takes_its_error_port(bench):
    text = (LOOP % ("items: '[1, 0, 2]'", "1 // item")).replace(
        "done: after}}", "done: after}, on_error: caught}"
    ) + "  caught: {kind: action.transform, config: {value: input.error.detail}}\n"
    outcome = bench.run(text)

    assert "in turn 1, at work" in outcome.result["caught"]["value"]


def test_an_error_in_a_turn_fails_the_execution_where_nobody_takes_it(bench):
    outcome = bench.run(LOOP % ("items: '[1, 0, 2]'", "1 // item"))

    assert (outcome.status, outcome.error.node) == ("failed", "each")


@pytest.mark.parametrize(("policy", "expected"), [("skip", [1, 0]), ("blank", [1, None, 0])])
def test_a_loop_can_pass_over_turns_that_fail(bench, policy, expected):
    text = LOOP % (f"items: '[1, 0, 2]', on_item_error: {policy}", "1 // item")
    outcome = bench.run(text)

    assert [one and one["value"] for one in results(outcome)] == expected
    [failed] = bench.events(outcome.execution_id, IterationFailed)
    assert (failed.index, failed.error.node) == (1, "work")
    assert outcome.handled_errors == 1


def test_more_turns_than_the_cap_are_an_error(bench):
    outcome = bench.run(LOOP % ("condition: 'True', max_turns: 7", "index"))

    assert (outcome.status, outcome.error.type) == ("failed", "loop.too_long")


def test_a_join_in_a_loop_meets_in_every_turn(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]", parallel: 2}, next: {body: [a, b], done: after}}
  a: {kind: action.transform, config: {value: item}, next: meet}
  b: {kind: flow.delay, config: {duration: 2ms}, next: meet}
  meet: {kind: logic.join, next: sum}
  sum: {kind: action.transform, config: {value: "[nodes.a.value, len(nodes.meet.arrived)]"}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.results"}}
"""
    assert values(bench.run(text)) == [[1, 2], [2, 2], [3, 2]]


def test_a_jump_goes_back_until_it_is_exhausted(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: "'x'"}, next: again}
  again: {kind: logic.jump, config: {max_jumps: 3}, next: {out: work, exhausted: after}}
  after: {kind: action.transform, config: {value: nodes.again.jump}}
"""
    outcome = bench.run(text)
    kinds = [visit.node for visit in fold(bench.entries(outcome.execution_id)).visits.values()]

    assert outcome.result == {"after": {"value": 4}}
    assert kinds.count("work") == 4


def test_a_jump_that_is_exhausted_and_leads_nowhere_is_an_error(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: "'x'"}, next: again}
  again: {kind: logic.jump, config: {max_jumps: 2}, next: work}
"""
    outcome = bench.run(text)

    assert (outcome.error.type, outcome.error.node) == ("jump.exhausted", "again")


def test_a_jump_out_of_a_loop_ends_it(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]", parallel: 3}, next: {body: pick, done: after}}
  pick: {kind: logic.condition, config: {condition: item == 2}, next: {true: out, false: slow}}
  slow: {kind: flow.delay, config: {duration: 1h}, next: each}
  out: {kind: logic.jump, next: after}
  after: {kind: action.transform, config: {value: "'left'"}}
"""
    outcome = bench.run(text)
    state = fold(bench.entries(outcome.execution_id))

    assert outcome.result == {"after": {"value": "left"}}
    assert {v.node: v.status for v in state.visits.values()}["each"] == "cancelled"


SEARCH = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]"}, next: {body: is_two, done: none}}
  is_two: {kind: logic.condition, config: {condition: item == 2}, next: {true: leave, false: each}}
  leave: {kind: logic.jump, next: found}
  found: {kind: action.transform, config: {value: "'found'"}%s}
  none: {kind: action.transform, config: {value: "'none'"}}
"""


def test_a_jump_to_what_never_leads_back_leaves_the_loop(bench):
    outcome = bench.run(SEARCH % "")

    assert outcome.result == {"found": {"value": "found"}}


def test_a_jump_to_what_leads_back_stays_in_the_turn(bench):
    outcome = bench.run(SEARCH % ", next: each")

    state = fold(bench.entries(outcome.execution_id))
    assert outcome.result == {"none": {"value": "none"}}
    assert len(state.visits[2].loop.turns) == 3


def test_a_join_behind_a_jump_back_meets_again(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: [a, b]}
  a: {kind: action.transform, config: {value: "'a'"}, next: is_first}
  is_first: {kind: logic.condition, config: {condition: "default(nodes.again.jump, 0) < 1"}, next: {true: again, false: meet}}
  again: {kind: logic.jump, next: {out: a}}
  b: {kind: action.transform, config: {value: "'b'"}, next: meet}
  meet: {kind: logic.join, next: after}
  after: {kind: action.transform, config: {value: nodes.meet.arrived}}
"""
    outcome = bench.run(text)

    assert sorted(outcome.result["after"]["value"]) == ["b", "is_first"]


LONG = LOOP % ("items: '[1, 2]'", "item")


def test_a_wait_in_a_loop_parks_the_execution_and_goes_on(bench):
    bench.limits = bench.short_waits(0.0)
    text = LONG.replace(
        'action.transform, config: {value: "item"}, next',
        "flow.delay, config: {duration: 30ms}, next",
    )
    outcome = bench.run(text)
    parked = 0
    while outcome.status == "waiting":
        parked += 1
        bench.wait_for(outcome)
        outcome = bench.resume(outcome.execution_id, text)

    assert parked == 2
    assert len(results(outcome)) == 2
