"""Nothing is missing on the page of any kind; and what looks for it would find it missing."""

import inspect
import re

import msgspec
import pytest
from pydantic import Field, create_model

from flowforge_lab.errors import ERROR_TYPES
from flowforge_lab.nodes import Model, Port, Registry, builtin_types
from flowforge_lab.reference import (
    all_troubles,
    can_fail_with,
    errors_page,
    example_of,
    fields_of,
    node_page,
    parts_of,
    troubles_of,
)

KINDS = [*builtin_types()]
ANY = Registry().get("action.transform")
SAID = re.compile(r'NodeError\([^)]*type="([a-z_.]+)"')
FAILS_AS_ANY_NODE = {"flow.delay", "flow.wait_webhook"}
"""They do nothing that could fail in a way of its own; so do triggers and what only decides."""


def lacks(kind):
    """Return what is missing on the page of a kind."""
    purpose, practice, trouble = parts_of(kind)
    fields = fields_of(kind.config)
    missing = {
        "purpose": len(purpose) < 40,
        "ports": not (kind.ends or all_named(kind.outputs_of({}))),
        "parameters": not all(field.description.endswith((".", "?", "`")) for field in fields),
        "types": not all(field.type for field in fields),
        "example": example_of(kind.kind) is None,
        "practice": len(practice) < 30,
        "trouble": len(trouble) < 30,
        "errors": not (troubles_of(kind.kind) or fails_as_any(kind)),
        "page": not all(f"\n## {part}\n" in node_page(kind) for part in ("Ports", "Config")),
    }
    return {name for name, is_missing in missing.items() if is_missing}


def all_named(ports):
    return bool(ports) and all(port.title for port in ports)


def fails_as_any(kind):
    return kind.is_trigger or kind.category == "logic" or kind.kind in FAILS_AS_ANY_NODE


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_nothing_is_missing(kind):
    assert lacks(kind) == set()


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (
            {"doc": "Do it.\n\nBest practice: " + "x" * 40 + "\nTroubleshooting: " + "x" * 40},
            "purpose",
        ),
        ({"doc": ANY.doc.replace("Best practice:", "Otherwise:")}, "practice"),
        ({"doc": ANY.doc.replace("Troubleshooting:", "Otherwise:")}, "trouble"),
        ({"kind": "my.kind"}, "example"),
        ({"kind": "my.kind"}, "errors"),
        ({"outputs_of": lambda _config: ()}, "ports"),
        ({"outputs_of": lambda _config: (Port("out"),)}, "ports"),
        ({"config": create_model("Config", __base__=Model, bare=(int, 3))}, "parameters"),
        (
            {
                "config": create_model(
                    "Config", __base__=Model, bare=(int, Field(3, description="of"))
                )
            },
            "parameters",
        ),
    ],
)
def test_what_is_missing_is_found(change, missing):
    assert missing in lacks(msgspec.structs.replace(ANY, **change))


def test_every_error_type_is_explained_and_no_other():
    told = all_troubles()

    assert {one.type for one in told} == set(ERROR_TYPES)
    assert all(text.endswith(".") for one in told for text in (one.meaning, one.remedy))
    assert all(f"| `{type}` |" in errors_page() for type in ERROR_TYPES)


def test_every_error_type_is_one_of_some_kind():
    kinds = [kind.kind for kind in KINDS]

    assert not [
        type for type in ERROR_TYPES if not any(can_fail_with(kind, type) for kind in kinds)
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_what_the_code_of_a_kind_says_is_on_its_page(kind):
    source = inspect.getsource(inspect.getmodule(kind.run))

    assert not [type for type in SAID.findall(source) if not can_fail_with(kind.kind, type)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_errors_named_in_the_text_are_in_the_table(kind):
    _, _, trouble = parts_of(kind)
    named = {word for word in re.findall(r"`([a-z_]+\.[a-z_]+)`", trouble) if word in ERROR_TYPES}

    assert not [type for type in named if not can_fail_with(kind.kind, type)]
