"""What can be told of loops, jumps, calls, waits and last branches before they run."""

from pathlib import Path

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings, validate
from flowforge_lab.spec import Document

REGISTRY = Registry(Path(__file__).parents[1] / "kinds")
CHILD = Document.parse(
    """
id: child
inputs: {n: {type: integer, required: true}, note: {type: string}}
nodes: {start: {kind: trigger.manual}}
"""
).workflow


def problems(text, *, callees=None, has_all=True):
    found = None if callees is None else lambda _folder: callees
    around = Surroundings(workflows=found, has_all_workflows=has_all)
    return validate(Document.parse(text).workflow, REGISTRY, around)


def told(text, **more):
    return [(problem.code, problem.severity, str(problem)) for problem in problems(text, **more)]


def codes(text, **more):
    return [(problem.code, problem.node) for problem in problems(text, **more)]


LOOP = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1]"}, next: {body: work, done: after}}
  work: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: nodes.each.results}%s}
"""


def test_a_loop_and_its_body_are_fine():
    assert problems(LOOP % "") == []


def test_a_loop_without_a_body_goes_round_nothing():
    text = (LOOP % "").replace("body: work, ", "").replace("  work:", "  x-work:")
    text = "\n".join(line for line in text.splitlines() if "x-work" not in line)

    assert codes(text) == [("loop.body", "each")]


@pytest.mark.parametrize("port", ["continue", "break"])
def test_only_nodes_in_the_body_end_a_turn(port):
    inside = (LOOP % "").replace(
        "value: item}, next: each}", f"value: item}}, next: each.{port}}}"
    )
    outside = (LOOP % "").replace(
        "trigger.manual, next: each}", f"trigger.manual, next: each.{port}}}"
    )

    assert problems(inside) == []
    assert codes(outside) == [("loop.port", "start")]


def test_no_jump_leads_into_a_body_from_outside():
    text = (LOOP % ", next: jump") + "  jump: {kind: logic.jump, next: work}\n"

    [problem] = problems(text)
    assert (problem.code, problem.node) == ("jump.into_loop", "jump")
    assert "'work'" in problem.message


@pytest.mark.parametrize("target", ["each", "before"])
def test_a_jump_may_lead_back_to_a_loop_or_before_it(target):
    text = (LOOP % ", next: back").replace("next: each}", "next: before}", 1)
    text += f"""
  before: {{kind: action.transform, next: each}}
  back: {{kind: logic.jump, next: {target}}}
"""
    assert problems(text) == []


@pytest.mark.parametrize("target", ["after", "found", "each"])
def test_a_jump_may_lead_out_of_a_body_and_back_to_its_loop(target):
    text = (
        (LOOP % "").replace("body: work", "body: ask")
        + f"""
  ask: {{kind: logic.condition, config: {{condition: item}}, next: {{true: leave, false: work}}}}
  leave: {{kind: logic.jump, next: {target}}}
"""
    )
    if target == "found":
        text += "  found: {kind: action.transform}\n"

    assert problems(text) == []


@pytest.mark.parametrize(
    ("ways", "found"),
    [("{exhausted: after}", "found none"), ("{out: [after, other]}", "found after, other")],
)
def test_a_jump_goes_to_exactly_one_node(ways, found):
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: [jump, after, other]}}
  jump: {{kind: logic.jump, next: {ways}}}
  after: {{kind: action.transform}}
  other: {{kind: action.transform}}
"""
    [(code, _, said)] = told(text)

    assert code == "jump.target"
    assert found in said


def test_a_join_that_waits_for_more_than_lead_to_it_is_warned_of():
    text = """
nodes:
  start: {kind: trigger.manual, next: [one, two]}
  one: {kind: action.transform, next: meet}
  two: {kind: action.transform, next: meet}
  meet: {kind: logic.join, config: {mode: n, count: 7}}
"""
    [(code, severity, said)] = told(text)

    assert (code, severity) == ("join.count", "warning")
    assert "waits for 7 branches, and 2 lead here" in said


LAST = """
settings: {finally: %s}
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform}
  tidy: {kind: action.transform, config: {value: "%s"}, next: more}
  more: {kind: action.transform, config: {value: execution.status}}
"""


def test_a_last_branch_is_reached_and_may_ask_how_it_went():
    assert problems(LAST % ("tidy", "[execution.error, default(nodes.work.value, 0)]")) == []


def test_a_last_branch_may_not_count_on_what_ran_before():
    [(code, severity, _)] = told(LAST % ("tidy", "nodes.work.value"))

    assert (code, severity) == ("expression.maybe", "warning")


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("tidyy", "did you mean 'tidy'?"),
        ("start", "is a trigger"),
        ("work", "runs in the main part already"),
    ],
)
def test_a_last_branch_begins_with_a_node_of_its_own(first, said):
    found = [text for code, _, text in told(LAST % (first, "1")) if code == "finally.node"]

    assert said in found[0]


CALL = """
id: parent
%s
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: %s, inputs: {%s}}}
"""


@pytest.mark.parametrize(
    "inputs", ["n: 1", "n: '{{ trigger }}', note: a", "n: 2, note: '{{ 1 }}'"]
)
def test_a_call_with_what_it_asks_for_is_fine(inputs):
    assert problems(CALL % ("", "child", inputs), callees={"child": CHILD}) == []


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("", "required (integer), but not given"),
        ("n: one", "expected integer, found str 'one'"),
        ("n: 1, noet: x", "did you mean 'note'?"),
        ("n: 1, more: '{{ 1 }}'", "has no input 'more'; it has: n, note"),
    ],
)
def test_a_call_with_wrong_inputs_is_told_before_it_runs(inputs, said):
    [(code, severity, text)] = told(CALL % ("", "child", inputs), callees={"child": CHILD})

    assert (code, severity) == ("workflow.inputs", "error")
    assert said in text


@pytest.mark.parametrize(("has_all", "severity"), [(True, "error"), (False, "warning")])
def test_a_workflow_that_is_not_there_is_told_as_surely_as_it_is_known(has_all, severity):
    [(code, found, text)] = told(
        CALL % ("", "chidl", "n: 1"), callees={"child": CHILD}, has_all=has_all
    )

    assert (code, found) == ("workflow.unknown", severity)
    assert "did you mean 'child'?" in text


@pytest.mark.parametrize("callees", [None, {"child": None}])
def test_what_nobody_knows_is_left_to_the_run(callees):
    assert problems(CALL % ("", "child", "x: 1"), callees=callees) == []


def test_a_workflow_that_always_calls_itself_is_warned_of():
    [(code, severity, _)] = told(CALL % ("", "parent", ""))

    assert (code, severity) == ("workflow.recursion", "warning")


def test_a_workflow_that_calls_itself_on_a_condition_is_fine():
    text = (CALL % ("", "parent", "")).replace("next: call", "next: ask")
    text += "  ask: {kind: logic.condition, config: {condition: 'False'}, next: {true: call}}\n"

    assert problems(text) == []


def test_a_workflow_that_would_wait_for_its_own_turn_is_warned_of():
    text = (CALL % ("settings: {concurrency: {limit: 1}}", "parent", "")).replace(
        "next: call", "next: ask"
    )
    text += "  ask: {kind: logic.condition, config: {condition: 'False'}, next: {true: call}}\n"
    [(code, severity, said)] = told(text)

    assert (code, severity) == ("workflow.recursion", "warning")
    assert "waits for its turn" in said


FAILS = "id: f\nsettings: {on_error: %s}\nnodes: {start: {kind: trigger.manual}}"
TELL = Document.parse(
    "id: tell\ninputs: {error: {required: true}}\nnodes: {start: {kind: trigger.manual}}"
).workflow


def test_an_error_workflow_must_be_there_and_ask_for_what_it_gets():
    callees = {"tell": TELL, "child": CHILD}

    assert problems(FAILS % "tell", callees=callees) == []
    assert problems(FAILS % "f", callees=callees) == []
    assert codes(FAILS % "tel", callees=callees) == [("workflow.unknown", "")]
    assert codes(FAILS % "child", callees=callees) == [("workflow.inputs", "")]


WAIT = """
nodes:
  start: {kind: trigger.manual, next: tell}
  tell: {kind: action.transform, config: {value: "%s"}, next: ask}
  ask: {kind: flow.wait_webhook}
"""


@pytest.mark.parametrize("value", ["waits.ask.url", "waits.ask.token"])
def test_the_address_of_a_wait_can_be_named(value):
    assert problems(WAIT % value) == []


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("waits.aks.url", "expression.node"),
        ("waits.tell.url", "expression.node"),
        ("waits.ask.uri", "expression.field"),
        ("waits.ask", "expression.syntax"),
        ("waits", "expression.syntax"),
    ],
)
def test_what_is_no_address_is_told(value, code):
    assert [found for found, _, _ in told(WAIT % value)] == [code]


def test_an_address_in_a_loop_is_not_known_outside_of_it():
    text = """
nodes:
  start: {kind: trigger.manual, next: tell}
  tell: {kind: action.transform, config: {value: waits.ask.url}, next: each}
  each: {kind: logic.loop, config: {items: "[1]"}, next: {body: ask}}
  ask: {kind: flow.wait_webhook, next: {received: each}}
"""
    assert codes(text) == [("expression.order", "tell")]


@pytest.mark.parametrize(
    ("kind", "config", "hint"),
    [
        ("flow.delay", "duration: 1h", "take it out"),
        ("flow.wait_webhook", "timeout: 1h", "give it in config"),
        ("flow.sub_workflow", "workflow: other", "give the other workflow a settings.timeout"),
    ],
)
def test_a_timeout_of_a_node_that_waits_does_nothing_and_says_so(kind, config, hint):
    found = problems(f"""
nodes:
  start: {{kind: trigger.manual, next: wait}}
  wait: {{kind: {kind}, timeout: 5m, config: {{{config}}}}}
""")
    told = [problem for problem in found if problem.code == "settings.timeout"]

    assert [(problem.node, problem.field, problem.hint) for problem in told] == [
        ("wait", "timeout", hint)
    ]
    assert told[0].severity == "warning"
