"""What an execution is started with."""

from datetime import date

import pytest

from flowforge_lab.errors import PlanError
from flowforge_lab.spec import InputField, Workflow, accept_inputs, read_text_inputs

WORKFLOW = Workflow(
    inputs={
        "month": InputField(type="integer", required=True, minimum=1, maximum=12),
        "name": InputField(type="string", default="x"),
        "day": InputField(type="date"),
        "mode": InputField(enum=("a", "b")),
    }
)


def test_gives_defaults_and_reads_dates():
    inputs = accept_inputs(WORKFLOW, {"month": 7, "day": "2026-01-31"})

    assert inputs == {"month": 7, "name": "x", "day": date(2026, 1, 31), "mode": None}


def test_tells_every_input_that_does_not_fit_at_once():
    with pytest.raises(PlanError) as caught:
        accept_inputs(WORKFLOW, {"month": 13, "name": 5, "day": "soon", "mode": "c", "nmae": 1})

    told = {problem.field: problem.message for problem in caught.value.problems}
    assert told["inputs.month"] == "expected at most 12, found 13"
    assert told["inputs.name"] == "expected string, found int 5"
    assert "ISO date" in told["inputs.day"]
    assert "expected one of 'a', 'b'" in told["inputs.mode"]
    assert "unknown input" in told["inputs.nmae"]
    assert any("did you mean 'name'" in problem.hint for problem in caught.value.problems)


def test_a_boolean_is_no_number():
    with pytest.raises(PlanError, match="expected integer, found bool"):
        accept_inputs(WORKFLOW, {"month": True})


def test_reads_text_by_the_type_of_the_field():
    found = read_text_inputs(WORKFLOW, {"month": "7", "name": "7", "mode": "a", "other": "[1"})

    assert found == {"month": 7, "name": "7", "mode": "a", "other": "[1"}


def test_null_is_no_value_for_an_input_that_has_or_needs_one():
    with pytest.raises(PlanError, match="expected string, found null"):
        accept_inputs(WORKFLOW, {"month": 1, "name": None})
    assert accept_inputs(WORKFLOW, {"month": 1, "day": None})["day"] is None
