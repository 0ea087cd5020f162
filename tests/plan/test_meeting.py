"""What branches bring that are always taken is there behind the join where they meet."""

import pytest

import flowforge_lab as ff


def maybe(lab, workflow):
    return [one.node for one in lab.validate(workflow) if one.code == "expression.maybe"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with ff.open_lab(tmp_path_factory.mktemp("lab")) as opened:
        yield opened


def meeting(join=None, first=None):
    return (
        ff.Workflow(id="w")
        .with_node("start", "trigger.manual", next=["a", "b"])
        .with_node("a", "action.transform", config={"value": "1"}, next="both", **(first or {}))
        .with_node("b", "action.transform", config={"value": "2"}, next="both")
        .with_node("both", "logic.join", config=join or {}, next="sum")
        .with_node("sum", "action.transform", config={"value": "nodes.a.value + nodes.b.value"})
    )


def test_both_branches_have_run_behind_their_join(lab):
    assert maybe(lab, meeting()) == []


@pytest.mark.parametrize("join", [{"mode": "any"}, {"mode": "n", "count": 1}, {"timeout": "1s"}])
def test_a_join_that_does_not_wait_for_all_promises_nothing(lab, join):
    assert maybe(lab, meeting(join)) == ["sum", "sum"]


def test_a_branch_that_may_fail_aside_promises_nothing(lab):
    workflow = meeting(first={"on_error": "told"}).with_node(
        "told", "action.transform", config={"value": "0"}
    )

    assert maybe(lab, workflow) == ["sum"]


def test_a_branch_that_is_not_always_taken_promises_nothing(lab):
    workflow = (
        meeting()
        .with_node("start", "trigger.manual", next=["a", "which"])
        .with_node("which", "logic.condition", config={"condition": "True"}, next={"true": "b"})
    )

    assert maybe(lab, workflow) == ["sum"]


def test_with_two_triggers_nothing_is_promised(lab):
    workflow = meeting().with_node("again", "trigger.manual", next="a")

    assert maybe(lab, workflow) == ["sum", "sum"]
