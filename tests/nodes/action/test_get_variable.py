import pytest

from flowforge_lab.errors import NodeError


def test_reads_what_was_set(visit):
    visit("action.set_variable", {"name": "n", "value": 0, "scope": "user"})

    got = visit("action.get_variable", {"name": "n", "scope": "user"})

    assert (got.value, got.found) == (0, True)


def test_gives_the_default_where_there_is_none(visit):
    got = visit("action.get_variable", {"name": "n", "default": "x"})

    assert (got.value, got.found) == ("x", False)


def test_fails_where_one_is_required(visit):
    with pytest.raises(NodeError) as caught:
        visit("action.get_variable", {"name": "n", "required": True})

    assert (caught.value.type, caught.value.is_transient) == ("variable.not_found", False)
