import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Registry
from flowforge_lab.values import normalise


def test_hands_the_inputs_of_the_execution_on_by_name(visit):
    found = visit("trigger.manual", arrives={"city": "Łódź", "days": [1, 2], "model_config": 3})

    assert normalise(found) == {"city": "Łódź", "days": [1, 2], "model_config": 3}


def test_without_inputs_hands_on_nothing(visit):
    assert normalise(visit("trigger.manual")) == {}


def test_takes_no_edge_and_gives_one():
    kind = Registry().get("trigger.manual")

    assert kind.inputs_of({}) == ()
    assert [port.name for port in kind.outputs_of({})] == ["out"]
    assert kind.is_trigger


def test_refuses_a_config_it_does_not_know():
    with pytest.raises(ValidationError, match="tilte"):
        Registry().get("trigger.manual").config.model_validate({"tilte": "Send"})
