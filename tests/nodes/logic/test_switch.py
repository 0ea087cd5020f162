import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Registry

CASES = [
    {"name": "one", "equals": 1},
    {"name": "yes", "equals": True},
    {"name": "text", "equals": "1"},
]


@pytest.mark.parametrize(
    ("value", "port"), [(1, "one"), (True, "yes"), ("1", "text"), (1.0, "one"), (None, "default")]
)
def test_chooses_by_value_and_type(visit, value, port):
    emitted = visit("logic.switch", {"value": value, "cases": CASES})

    assert emitted.port == port
    assert emitted.outputs.case == port


def test_the_first_condition_that_holds_wins(visit):
    cases = [{"name": "a", "when": 0}, {"name": "b", "when": [1]}, {"name": "c", "when": True}]

    assert visit("logic.switch", {"mode": "condition", "cases": cases}).port == "b"


def test_goes_the_default_way_where_no_condition_holds(visit):
    cases = [{"name": "a", "when": False}]

    assert visit("logic.switch", {"mode": "condition", "cases": cases}).port == "default"


@pytest.mark.parametrize(
    "config", [{}, {"cases": None}, {"cases": "x"}, {"cases": [None, {"name": 1}]}]
)
def test_has_a_default_port_whatever_is_written(config):
    assert [port.name for port in Registry().get("logic.switch").outputs_of(config)] == ["default"]


def test_has_a_port_for_each_case():
    ports = Registry().get("logic.switch").outputs_of({"cases": CASES})

    assert [port.name for port in ports] == ["one", "yes", "text", "default"]


@pytest.mark.parametrize("names", [["a", "a"], ["default"], []])
def test_each_case_has_a_name_of_its_own(visit, names):
    with pytest.raises(ValidationError):
        visit("logic.switch", {"cases": [{"name": name} for name in names]})
