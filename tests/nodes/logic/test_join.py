import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Answer, Registry


def test_puts_the_branches_side_by_side(visit):
    got = visit("logic.join", {}, {"a": {"x": 1}, "b": {"y": 2}}).outputs

    assert got.branches == {"a": {"x": 1}, "b": {"y": 2}}
    assert got.arrived == ["a", "b"]


def test_no_branch_at_all_is_an_empty_join(visit):
    assert visit("logic.join", {"mode": "any", "cancel_rest": True}).outputs.branches == {}


def test_the_engine_knows_that_it_joins():
    assert Registry().get("logic.join").joins


@pytest.mark.parametrize(
    "config", [{"mode": "n"}, {"mode": "all", "count": 2}, {"mode": "n", "count": 0}]
)
def test_a_count_belongs_to_the_mode_n(visit, config):
    with pytest.raises(ValidationError):
        visit("logic.join", config)


def test_leaves_by_its_timeout_where_that_leads_somewhere(visit, attempt):
    attempt.resumed = Answer("timeout", 3, number=1)

    got = visit("logic.join", {"timeout": "1s"}, {"a": 1})

    assert (got.port, got.or_else, got.outputs.is_timed_out) == ("timeout", "out", True)
    assert got.outputs.missing == 2


def test_how_it_waits_is_written_out_and_no_expression(visit):
    with pytest.raises(ValidationError):
        visit("logic.join", {"mode": "n", "count": "{{ inputs.n }}"})
