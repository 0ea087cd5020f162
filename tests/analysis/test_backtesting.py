"""What a backtest stages: no kind that acts outside is run, and every difference has its name."""

import asyncio

import pytest

from flowforge_lab.analysis import NOT_RECORDED, Recorded, Stage, acts_outside
from flowforge_lab.analysis.backtesting.differences import Version, compare
from flowforge_lab.analysis.backtesting.staging import RehearsalClients
from flowforge_lab.engine import rehearse
from flowforge_lab.errors import NodeError
from flowforge_lab.events import ExecutionStarted, ExecutionState, Visit
from flowforge_lab.expressions import Evaluator
from flowforge_lab.nodes import Registry, builtin_types
from flowforge_lab.plan import compile_workflow
from flowforge_lab.reference import example_of
from flowforge_lab.spec import Document
from flowforge_lab.testing import MemoryBlobs, MemoryVariables

AT = 1_790_000_000_000_000
REGISTRY = Registry()
NOTHING = Recorded(ExecutionState())
ACTING = [kind for kind in builtin_types() if kind.effects != "none" or kind.answers]


def plan_of(text, stem="t"):
    return compile_workflow(Document.parse(text, stem=stem).workflow, REGISTRY)


def staged(folder):
    return Stage(MemoryBlobs().get, lambda _w, _u: MemoryVariables(), lambda _w: folder, folder)


def rehearsed(plan, folder, **started):
    """Return what becomes of an execution of which nothing is recorded."""
    stage = staged(folder)
    given = {"inputs": {}, "payload": {}, **started}
    event = ExecutionStarted(plan.workflow.id, plan.digest, plan.triggers[0].id, **given)

    async def work():
        evaluator, clients = Evaluator(), RehearsalClients()
        world = stage.world(NOTHING, evaluator=evaluator, clients=clients)
        try:
            return await rehearse(world, plan, [event], execution_id="e", at=AT)
        finally:
            await evaluator.close()
            await clients.close()

    return asyncio.run(work())


@pytest.mark.parametrize("kind", ACTING, ids=lambda kind: kind.kind)
def test_a_kind_that_acts_outside_ends_as_not_recorded(kind, tmp_path):
    plan = plan_of(example_of(kind.kind).read_text("utf-8"))
    steps = [step for step in plan.steps.values() if step.type.kind == kind.kind]
    stand_in = staged(tmp_path).world(NOTHING, evaluator=None, clients=None).stand_in

    ends = {step.id: stand_in.ends(step, visit_of(step), ExecutionState()) for step in steps}

    assert {ended.error.type for ended in ends.values() if ended} <= {NOT_RECORDED}
    assert {step.id for step in steps if not ends[step.id]} == pure(steps)


def pure(steps):
    """Return those that are declared to do nothing outside."""
    return {one.id for one in steps if one.effects == "none" and not one.type.answers}


def visit_of(step):
    return Visit(1, step.id, step.type.kind, (), {}, AT)


def test_variables_of_the_execution_are_its_own():
    text = "nodes: {start: {kind: trigger.manual, next: a}, a: {kind: action.set_variable, config: {name: n, scope: %s}}}"

    assert not acts_outside(plan_of(text % "execution").steps["a"])
    assert acts_outside(plan_of(text % "project").steps["a"])


def test_every_client_but_that_of_pure_code_refuses():
    clients = RehearsalClients()

    for name in ("http", "sql", "connections", "telegram", "databases", "notebooks"):
        with pytest.raises(NodeError) as caught:
            getattr(clients, name)
        assert caught.value.type == NOT_RECORDED


SPLIT = """
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: logic.condition, config: {condition: inputs.n > %d}, next: {"true": big, "false": small}}
  big: {kind: action.transform, config: {value: "'big'"}}
  small: {kind: action.transform, config: {value: "'small'"}}
"""


def test_another_way_through_the_graph_is_a_path(tmp_path):
    before, after = plan_of(SPLIT % 3), plan_of(SPLIT % 5)
    states = [
        rehearsed(plan, tmp_path, inputs={"n": 4}, payload={"n": 4}) for plan in (before, after)
    ]

    found = compare(Version(states[0], before), Version(states[1], after))

    paths = [(one.node, one.before, one.after) for one in found if one.what == "path"]
    assert paths == [("ask", "true", "false"), ("big", "out", None), ("small", None, "out")]


def test_what_would_be_asked_of_others_is_compared(tmp_path):
    text = """
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: action.http_request, config: {url: "https://example.org/%s"}, on_error: done}
  done: {kind: flow.end}
"""
    before, after = plan_of(text % "a"), plan_of(text % "b")
    states = [rehearsed(plan, tmp_path) for plan in (before, after)]

    found = compare(Version(states[0], before), Version(states[1], after))

    assert [(one.what, one.before["url"][-1], one.after["url"][-1]) for one in found] == [
        ("request", "a", "b")
    ]


def test_what_is_ignored_is_not_compared(tmp_path):
    text = "nodes: {start: {kind: trigger.manual, next: a}, a: {kind: action.transform, config: {value: %d}}}"
    plans = [plan_of(text % number) for number in (1, 2)]
    sides = [Version(rehearsed(plan, tmp_path), plan) for plan in plans]

    assert [one.what for one in compare(*sides)] == ["result", "output"]
    assert [one.what for one in compare(*sides, ignore={"a"})] == ["result"]
