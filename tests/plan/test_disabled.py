"""What is judged of a workflow in which nodes are disabled."""

import pytest

from flowforge_lab.plan import compile_workflow
from flowforge_lab.spec import Document, digest
from tests.plan.judging import GOOD, REGISTRY, only, problems

OFF = "kind: action.transform, disabled: true"


def read(text):
    return Document.parse(text).workflow


def test_nothing_that_is_wrong_with_a_disabled_node_counts():
    text = GOOD.replace(
        "kind: action.transform, config: {value: inputs.n}", f"{OFF}, config: {{val: '(('}}"
    )

    assert problems(text) == []


def test_branches_that_nothing_comes_to_are_not_judged_for_that():
    text = """
nodes:
  start: {kind: trigger.manual, next: load}
  load: {kind: action.transform, config: {value: "1"}, next: ask}
  ask: {kind: logic.condition, disabled: true, next: {"true": a, "false": b}}
  a: {kind: action.transform, config: {value: nodes.load.value}, next: last}
  b: {kind: action.transform, config: {value: nodes.load.value}, next: last}
  last: {kind: flow.end, config: {result: nodes.a.value}}
"""
    assert problems(text) == []


def test_what_leads_nowhere_without_the_disabling_is_told_all_the_same():
    text = GOOD + f"  alone: {{{OFF}}}\n"

    assert only(text).code == "node.orphan"


@pytest.mark.parametrize("kind", ["trigger.manual", "trigger.webhook"])
def test_a_disabled_trigger_starts_nothing(kind):
    text = GOOD + f"  other: {{kind: {kind}, disabled: true, next: work}}\n"

    plan = compile_workflow(read(text), REGISTRY)

    assert [step.id for step in plan.triggers] == ["start"]


def test_all_triggers_disabled_is_a_problem_at_once_told():
    problem = only(GOOD.replace("kind: trigger.manual", "kind: trigger.manual, disabled: true"))

    assert (problem.code, problem.severity) == ("trigger.disabled", "error")


def test_disabling_makes_another_version_and_enabling_the_old_one_again():
    whole = read(GOOD)
    text = GOOD.replace("kind: action.transform", OFF)

    assert digest(read(text)) != digest(whole)
    assert digest(read(text.replace("disabled: true", "disabled: false"))) == digest(whole)
    assert "disabled" not in Document.of(whole).text
