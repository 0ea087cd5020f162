import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Answer, Ending, Park
from flowforge_lab.testing import Called

CALL = {"workflow": "child", "inputs": {"n": 1}}


def test_starts_the_other_workflow_and_waits_for_its_end(visit, attempt):
    assert visit("flow.sub_workflow", CALL) == Park(keys=("execution:child-1",))
    assert attempt.calls == [Called("child", {"n": 1})]


def test_leaves_at_once_where_nobody_waits(visit, attempt):
    got = visit("flow.sub_workflow", {**CALL, "wait": False, "max_depth": 3}).outputs

    assert attempt.calls == [Called("child", {"n": 1}, is_awaited=False, max_depth=3)]
    assert (got.execution_id, got.status, got.result) == ("child-1", "started", None)


def test_goes_on_with_the_result(visit, attempt):
    attempt.resumed = Answer("answer", {"status": "succeeded"}, "execution:child-7", 1)
    attempt.endings["child-7"] = Ending("succeeded", {"total": 3})

    got = visit("flow.sub_workflow", CALL)

    assert (got.port, got.outputs.execution_id, got.outputs.result) == (
        "out",
        "child-7",
        {"total": 3},
    )
    assert attempt.calls == []


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        (Ending("cancelled"), "'child' was cancelled"),
        (Ending("failed"), "'child' failed: it says no more"),
        (
            Ending(
                "failed",
                error={
                    "type": "http.status",
                    "title": "gone",
                    "detail": "d",
                    "node": "a",
                    "status": 410,
                },
            ),
            "'child' failed: gone: execution child-7; http.status at a; d",
        ),
    ],
)
def test_tells_of_the_error_of_the_other(visit, attempt, ending, told):
    attempt.resumed = Answer("answer", {}, "execution:child-7", 1)
    attempt.endings["child-7"] = ending

    with pytest.raises(NodeError, match=told) as caught:
        visit("flow.sub_workflow", CALL)

    assert (caught.value.type, caught.value.is_transient) == ("sub_workflow.failed", False)


@pytest.mark.parametrize("workflow", ["", "{{ inputs.which }}", "a/b", "../up"])
def test_the_id_is_written_out(visit, workflow):
    with pytest.raises(ValidationError):
        visit("flow.sub_workflow", {"workflow": workflow})
