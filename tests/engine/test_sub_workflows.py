"""One execution starts another, waits for it, and takes it along when it ends."""

import asyncio

import pytest

from flowforge_lab.events import VisitParked, fold

PARENT = """
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: child, inputs: {n: "{{ 20 + 1 }}"}%s}, next: after}
  after: {kind: action.transform, config: {value: nodes.call}}
"""
CHILD = """
inputs: {n: {type: integer, required: true}}
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.delay, config: {duration: %s}, next: work}
  work: {kind: test.append, config: {path: "%s", text: "{{ inputs.n }}"}, next: end}
  end: {kind: flow.end, config: {result: inputs.n * 2}}
"""
FAILING = """
nodes:
  start: {kind: trigger.manual, next: bad}
  bad: {kind: action.transform, config: {value: "1 // 0"}}
"""


@pytest.fixture
def family(bench, tmp_path):
    """A parent and its child, whose side effects are lines in a file."""
    bench.lines = tmp_path / "lines"
    bench.calls.texts = {"parent": PARENT % "", "child": CHILD % ("5ms", bench.lines)}
    return bench


def run(bench, **more):
    outcome = bench.run(f"id: parent\n{bench.calls.texts['parent']}", **more)
    return outcome if outcome.status != "waiting" else bench.calls.finish(outcome.execution_id)


def children(bench, outcome):
    return asyncio.run(bench.journal.children_of(outcome.execution_id))


def statuses(bench):
    heads = asyncio.run(bench.journal.list_heads())
    return {head.workflow_id: head.status for head in heads}


def test_goes_on_with_the_result_of_the_other_workflow(family):
    outcome = run(family)

    [child] = children(family, outcome)
    assert outcome.result["after"]["value"] == {
        "execution_id": child.id,
        "status": "succeeded",
        "result": 42,
    }
    assert family.events(child.id)[0].depth == 1


def test_waits_on_disk_and_not_in_memory(family):
    family.calls.texts["child"] = CHILD % ("3d", family.lines)
    outcome = family.run(f"id: parent\n{family.calls.texts['parent']}")

    assert (outcome.status, outcome.wake_at) == ("waiting", None)
    assert asyncio.run(family.journal.find_head(outcome.execution_id)).status == "waiting"


@pytest.mark.slow
def test_a_child_that_waits_for_days_is_waited_for(family):
    family.calls.texts["child"] = CHILD % ("3d", family.lines)
    parked = family.run(f"id: parent\n{family.calls.texts['parent']}")
    [child] = children(family, parked)
    family.calls.finish(child.id)
    family.let_time_pass(child.id)

    outcome = family.calls.finish(parked.execution_id)

    assert (outcome.status, family.lines.read_text().count("\n")) == ("succeeded", 1)


@pytest.mark.slow
@pytest.mark.parametrize("wait", ["5ms", "30ms"])
def test_goes_on_to_the_same_result_from_a_cut_at_any_event_of_the_parent(family, wait):
    family.calls.texts["child"] = CHILD % (wait, family.lines)
    family.limits = family.short_waits(0.01)
    whole = run(family)

    for keep in range(1, len(family.entries(whole.execution_id))):
        family.lines.unlink()
        cut = run(family)
        family.journal.cut(cut.execution_id, keep)
        resumed = family.calls.finish(cut.execution_id)

        assert (keep, resumed.error, resumed.result["after"]["value"]["result"]) == (
            keep,
            None,
            42,
        )
        assert len(family.lines.read_text().splitlines()) == 1
        assert len(children(family, cut)) == 1


@pytest.mark.parametrize("keep", range(1, 6))
def test_a_child_that_is_cut_off_at_any_event_is_gone_on_with(family, keep):
    outcome = run(family)
    [child] = children(family, outcome)
    family.journal.cut(outcome.execution_id, 3)
    family.journal.cut(child.id, keep)

    resumed = family.calls.finish(outcome.execution_id)

    assert resumed.result["after"]["value"]["result"] == 42


def test_a_child_may_run_on_another_engine(family):
    family.calls.texts["child"] = CHILD % ("10ms", family.lines)
    family.limits = family.short_waits(0.0)
    parked = family.run(f"id: parent\n{family.calls.texts['parent']}")
    [child] = children(family, parked)
    other = family.journal.another()
    family.calls.finish(child.id, other)

    assert family.calls.finish(parked.execution_id).status == "succeeded"
    assert asyncio.run(family.journal.find_head(child.id)).status == "succeeded"


def test_the_error_of_the_child_is_the_error_of_the_node(family):
    family.calls.texts |= {
        "parent": PARENT.replace(', inputs: {n: "{{ 20 + 1 }}"}', "") % "",
        "child": FAILING,
    }
    outcome = run(family)

    [child] = children(family, outcome)
    assert (outcome.status, outcome.error.type) == ("failed", "sub_workflow.failed")
    assert outcome.error.node == "call"
    assert child.id in outcome.error.detail
    assert "at bad" in outcome.error.detail


def test_an_error_of_the_child_can_be_handled(family):
    text = PARENT.replace("next: after}", "next: after, on_error: caught}", 1) % ""
    text += "  caught: {kind: action.transform, config: {value: input.error.type}}\n"
    family.calls.texts |= {
        "parent": text,
        "child": CHILD.replace("inputs.n * 2", "1 // 0") % ("1ms", family.lines),
    }

    assert run(family).result == {"caught": {"value": "sub_workflow.failed"}}


def test_a_cancelled_child_is_an_error(family):
    family.calls.texts["child"] = CHILD % ("1h", family.lines)
    parked = family.run(f"id: parent\n{family.calls.texts['parent']}")
    [child] = children(family, parked)
    asyncio.run(family.journal.signal(child.id, "cancel"))

    outcome = family.calls.finish(parked.execution_id)

    assert (outcome.error.type, outcome.error.title) == (
        "sub_workflow.failed",
        "'child' was cancelled",
    )


def test_without_waiting_it_leaves_at_once_and_the_child_goes_on(family):
    family.calls.texts["parent"] = PARENT % ", wait: false"
    outcome = run(family)

    [child] = children(family, outcome)
    assert outcome.result["after"]["value"]["status"] == "started"
    assert family.calls.finish(child.id).result == 42


@pytest.mark.parametrize(
    ("child", "kind"),
    [
        (None, "sub_workflow.unknown"),
        ("inputs: {m: {required: true}}\n" + FAILING, "sub_workflow.invalid"),
    ],
)
def test_a_call_that_cannot_be_made_is_an_error_that_says_why(family, child, kind):
    family.calls.texts.pop("child")
    if child:
        family.calls.texts["child"] = child
    outcome = run(family)

    assert outcome.error.type == kind
    assert "'child'" in outcome.error.detail or "'n'" in outcome.error.detail


GRAND = {
    "parent": PARENT.replace("workflow: child", "workflow: middle") % "",
    "middle": "inputs: {n: {type: integer}}" + PARENT.replace("20 + 1", "inputs.n") % "",
}


def test_goes_two_levels_deep(family):
    family.calls.texts |= GRAND
    outcome = run(family)

    assert outcome.result["after"]["value"]["result"]["after"]["value"]["result"] == 42
    assert family.events(children(family, children_as(outcome, family))[0].id)[0].depth == 2


def children_as(outcome, bench):
    [child] = children(bench, outcome)
    return type(outcome)(child.id, child.status)


@pytest.mark.slow
def test_a_cancel_goes_down_two_levels(family):
    family.calls.texts |= GRAND | {"child": CHILD % ("1h", family.lines)}
    parked = run(family)
    assert set(statuses(family).values()) == {"waiting"}

    asyncio.run(family.journal.signal(parked.execution_id, "cancel"))
    family.calls.finish(parked.execution_id)
    [middle] = children(family, parked)
    family.calls.finish(middle.id)
    [child] = children(family, children_as(parked, family))
    family.calls.finish(child.id)

    assert set(statuses(family).values()) == {"cancelled"}


def test_a_parent_that_fails_takes_its_child_along(family):
    text = PARENT.replace("next: call}", "next: [call, slow]}") % ""
    text += '  slow: {kind: flow.delay, config: {duration: 30ms}, next: bad}\n  bad: {kind: action.transform, config: {value: "1 // 0"}}\n'
    family.calls.texts |= {"parent": text, "child": CHILD % ("1h", family.lines)}
    outcome = run(family)
    [child] = children(family, outcome)

    assert (outcome.status, outcome.error.node) == ("failed", "bad")
    assert family.calls.finish(child.id).status == "cancelled"


def test_workflows_that_call_themselves_end_at_the_cap_with_a_clear_error(family):
    text = PARENT.replace("workflow: child", "workflow: parent").replace(
        ', inputs: {n: "{{ 20 + 1 }}"}', ""
    )
    family.calls.texts["parent"] = text % ", max_depth: 3"
    outcome = run(family)

    heads = asyncio.run(family.journal.list_heads(limit=100))
    deepest = fold(family.entries(heads[0].id))
    assert (outcome.status, len(heads)) == ("failed", 4)
    assert deepest.finished.error.type == "sub_workflow.too_deep"
    assert "4 levels deep; max_depth is 3" in deepest.finished.error.title
    assert outcome.error.title == f"'parent' failed: {deepest.finished.error.title}"
    assert outcome.error.detail.startswith(
        f"execution {heads[2].id}; ...; execution {heads[0].id}; sub_workflow.too_deep at call"
    )


def test_a_call_in_a_loop_starts_one_execution_in_each_turn(family):
    text = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]", parallel: 2}, next: {body: call, done: after}}
  call: {kind: flow.sub_workflow, config: {workflow: child, inputs: {n: "{{ item }}"}}, next: each}
  after: {kind: action.transform, config: {value: "[one.result for one in nodes.each.results]"}}
"""
    family.calls.texts["parent"] = text
    outcome = run(family)

    assert outcome.result["after"]["value"] == [2, 4, 6]
    parked = family.events(outcome.execution_id, VisitParked)
    assert len({event.keys for event in parked}) == len(children(family, outcome)) == 3
