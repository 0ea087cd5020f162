import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError

CUSTOMER = {"name": "Ada", "tel": "1", "age": 36}


def test_keeps_drops_renames_and_sets_in_this_order(visit):
    config = {
        "pick": ["name", "tel"],
        "drop": ["name"],
        "rename": {"tel": "phone"},
        "set": {"n": 1},
    }

    assert visit("action.transform", config, CUSTOMER).value == {"phone": "1", "n": 1}


def test_changes_every_item_of_a_list(visit):
    got = visit("action.transform", {"pick": ["age"]}, [CUSTOMER, CUSTOMER])

    assert got.value == [{"age": 36}, {"age": 36}]


def test_one_value_may_replace_everything(visit):
    assert visit("action.transform", {"value": [1, 2]}, CUSTOMER).value == [1, 2]


def test_a_source_replaces_what_came_in(visit):
    config = {"source": {"a": 1}, "set": {"b": 2}}

    assert visit("action.transform", config, CUSTOMER).value == {"a": 1, "b": 2}


def test_nothing_that_came_in_counts_as_no_fields(visit):
    assert visit("action.transform", {"set": {"a": 1}}, None).value == {"a": 1}


def test_the_value_that_came_in_is_not_changed(visit):
    arrived = dict(CUSTOMER)
    visit("action.transform", {"set": {"name": "Bob"}}, arrived)

    assert arrived == CUSTOMER


def test_a_field_that_is_not_there_cannot_be_picked(visit):
    with pytest.raises(NodeError, match="it has: name, tel, age"):
        visit("action.transform", {"pick": ["phone"]}, CUSTOMER)


def test_a_text_has_no_fields(visit):
    with pytest.raises(NodeError, match="found str"):
        visit("action.transform", {"drop": ["x"]}, "a text")


def test_a_value_stands_alone(visit):
    with pytest.raises(ValidationError, match="stands alone"):
        visit("action.transform", {"value": 1, "drop": ["x"]}, CUSTOMER)
