import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Answer, Iterate, Registry


def test_asks_for_a_turn_for_each_item(visit):
    asked = visit("logic.loop", {"items": ["a", "b"], "parallel": 2})

    assert asked == Iterate(["a", "b"], parallel=2)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"stop": 3}, [0, 1, 2]),
        ({"start": 5, "stop": 0, "step": -2}, [5, 3, 1]),
        ({"stop": 0}, []),
    ],
)
def test_goes_over_numbers(visit, numbers, expected):
    assert list(visit("logic.loop", {"range": numbers}).items) == expected


def test_a_condition_is_asked_by_the_engine_and_not_here(visit):
    assert visit("logic.loop", {"condition": False}).items is None


def test_gives_what_the_turns_came_to(visit, attempt):
    turns = {"results": [1, 2], "count": 2, "errors": [], "is_broken": False}
    attempt.resumed = Answer("turns", turns)

    got = visit("logic.loop", {"items": []})

    assert (got.port, got.outputs.results) == ("done", [1, 2])


def test_goes_over_the_rows_of_a_frame(visit, run):
    import pandas as pd

    from flowforge_lab.values import Frame

    frame = Frame.of(pd.DataFrame({"n": [1, 2]}))

    assert list(visit("logic.loop", {"items": frame}).items) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("items", [None, 3, "text", {"a": 1}])
def test_refuses_what_is_no_list(visit, items):
    with pytest.raises(NodeError, match="must be a list or a data frame"):
        visit("logic.loop", {"items": items})


@pytest.mark.parametrize("config", [{"items": [1, 2]}, {"range": {"stop": 2}}])
def test_refuses_more_items_than_it_may_go_over(visit, config):
    with pytest.raises(NodeError, match="max_turns"):
        visit("logic.loop", {**config, "max_turns": 1})


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"items": [], "range": {"stop": 1}},
        {"condition": True, "parallel": 2},
        {"items": [], "parallel": 0},
    ],
)
def test_goes_over_one_thing(visit, config):
    with pytest.raises(ValidationError):
        visit("logic.loop", config)


def test_the_engine_knows_that_it_loops():
    kind = Registry().get("logic.loop")

    assert kind.loops
    assert kind.each_turn == ("condition",)
