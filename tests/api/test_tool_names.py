"""The name of a tool stays what it is, and every assistant can use it."""

import re

import pytest

from flowforge_lab.api.assistants.offers import input_schema, tool_name
from flowforge_lab.spec import Workflow


@pytest.mark.parametrize("id", ["report", "send_it-2", "a" * 64, "9"])
def test_a_plain_id_is_the_name(id):
    assert tool_name(id) == id


@pytest.mark.parametrize("id", ["a.b", "a" * 65, "flowforge_get_execution", "a.b.c" * 25])
def test_any_other_gets_a_mark_and_fits(id):
    name = tool_name(id)

    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name)
    assert not name.startswith("flowforge_")
    assert name == tool_name(id) != tool_name(id + "x")


def test_ids_that_look_alike_have_names_of_their_own():
    assert len({tool_name(id) for id in ("a.b", "a_b", "a..b", "a.b.")}) == 4


def test_inputs_become_a_schema():
    fields = {
        "day": {"type": "date", "required": True, "description": "Which."},
        "any": {},
        "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "n": {"type": "integer", "minimum": 0, "maximum": 9, "default": 0},
    }

    schema = input_schema(Workflow.model_validate({"inputs": fields}))

    assert schema["properties"] == {
        "day": {"type": "string", "format": "date", "description": "Which."},
        "any": {},
        "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "n": {"type": "integer", "minimum": 0, "maximum": 9, "default": 0},
    }
    assert schema["required"] == ["day"]
