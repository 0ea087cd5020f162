import pytest
from pydantic import ValidationError


def test_keeps_a_value_in_its_scope(visit, attempt, run):
    visit("action.set_variable", {"name": "n", "value": [1], "scope": "project"})

    assert run(attempt.variables.find("project", "n")) == [1]
    assert run(attempt.variables.find("execution", "n")) is None


def test_null_removes_a_variable(visit, attempt, run):
    visit("action.set_variable", {"name": "n", "value": 1})
    visit("action.set_variable", {"name": "n", "value": None})

    assert run(attempt.variables.find("execution", "n")) is None


def test_a_variable_goes_away_by_itself(visit, attempt, run):
    visit("action.set_variable", {"name": "n", "value": 1, "ttl": "0s"})

    assert run(attempt.variables.find("execution", "n")) is None


@pytest.mark.parametrize("name", ["", "a b", "1a", "a.b"])
def test_a_name_is_letters_digits_and_underscores(visit, name):
    with pytest.raises(ValidationError):
        visit("action.set_variable", {"name": name})


def test_adds_one_where_no_number_is_given(visit, attempt, run):
    visit("action.set_variable", {"name": "n", "operation": "increment"})
    got = visit("action.set_variable", {"name": "n", "operation": "increment", "value": 2})

    assert (got.value, got.changed) == (3, True)
    assert run(attempt.variables.find("execution", "n")) == 3


def test_swaps_only_what_is_expected_and_tells_what_is_there(visit):
    first = visit("action.set_variable", {"name": "n", "operation": "swap", "value": "a"})
    second = visit("action.set_variable", {"name": "n", "operation": "swap", "value": "b"})

    assert (first.changed, second.changed, second.value) == (True, False, "a")


def test_an_expected_value_without_a_swap_is_a_mistake(visit):
    with pytest.raises(ValidationError, match="for the operation 'swap'"):
        visit("action.set_variable", {"name": "n", "value": 1, "expected": 2})
