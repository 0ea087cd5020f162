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
