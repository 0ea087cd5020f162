import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Registry


def test_jumps_and_hands_on_what_came_in(visit):
    got = visit("logic.jump", {}, {"a": 1})

    assert (got.port, got.outputs.jump, got.outputs.value) == ("out", 1, {"a": 1})


@pytest.mark.parametrize(("number", "port"), [(1, "out"), (2, "out"), (3, "exhausted")])
def test_is_exhausted_after_its_last_jump(visit, attempt, number, port):
    attempt.number_in_turn = number

    assert visit("logic.jump", {"max_jumps": 2}).port == port


@pytest.mark.parametrize("cap", [0, 100_001, "many"])
def test_the_cap_has_bounds(visit, cap):
    with pytest.raises(ValidationError):
        visit("logic.jump", {"max_jumps": cap})


def test_the_engine_knows_that_it_jumps():
    kind = Registry().get("logic.jump")

    assert kind.jumps
    assert [port.name for port in kind.outputs_of({})] == ["out", "exhausted"]
