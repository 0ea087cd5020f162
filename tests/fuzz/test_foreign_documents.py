"""No document is strange enough to make an import fail in another way than by words."""

import copy
import json
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from flowforge_lab.errors import DocumentError
from flowforge_lab.importers import SOURCES, read_foreign
from flowforge_lab.spec import Document
from tests.importers.foreign import NAMES, text_of

EXAMPLES = int(os.environ.get("FLOWFORGE_FUZZ_EXAMPLES", "6"))
WEIRD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["={{ $json.a }}", "{{ x }}", "={{ $('A').item.json.b }}", "{{{a}}}", "\ud800", "\x00", "=", "a" * 5000,
                     {}, [], [[]], {"main": [[{"node": "A"}]]}, 1e308, -1, "🙈", "P1D", "__class__", "../../etc/passwd"]),
    st.recursive(st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6),
)  # fmt: skip


def tree_of(name):
    text = text_of(name)
    return YAML(typ="safe", pure=True).load(text) if name.endswith(".yaml") else json.loads(text)


TREES = {name: tree_of(name) for name in NAMES}


def places_in(value, path=()):
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        yield from places_in(item, (*path, key))


def changed(tree, path, make):
    tree = copy.deepcopy(tree)
    if not path:
        return make(tree)
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = make(inner[path[-1]])
    return tree


def read_or_refuse(text, source=None):
    """Import a text; what comes out can be written and read back."""
    try:
        found = read_foreign(text, source=source)
    except DocumentError:
        return
    for workflow in found.workflows:
        again = Document.parse(Document.of(workflow).text, stem=workflow.id)
        assert again.problems == ()
        assert again.workflow == workflow
    for line in found.lines:
        assert line.fate in {"mapped", "partly", "placeholder", "left_out"}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_document_with_a_part_that_is_something_else(name, data):
    tree = TREES[name]
    path = data.draw(st.sampled_from(sorted(places_in(tree), key=str)))
    value = data.draw(WEIRD)

    read_or_refuse(json.dumps(changed(tree, path, lambda _old: value)))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=max(EXAMPLES // 2, 2))
@given(data=st.data())
def test_a_document_without_a_part_twice_or_cut_off(name, data):
    tree, text = TREES[name], text_of(name)
    path = data.draw(st.sampled_from(sorted(places_in(tree), key=str)))

    twice = changed(tree, path, lambda old: [*old, *old] if isinstance(old, list) else old)
    read_or_refuse(json.dumps(twice))
    read_or_refuse(text[: data.draw(st.integers(0, len(text)))])


@pytest.mark.slow
@settings(max_examples=10 * EXAMPLES)
@given(text=st.text(max_size=200), source=st.sampled_from([None, *SOURCES]))
def test_any_text(text, source):
    read_or_refuse(text, source)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", NAMES)
def test_a_document_read_as_another_product_s(name, source):
    read_or_refuse(text_of(name), source)


def test_names_that_are_the_same_long_empty_or_foreign_letters():
    names = [
        "A",
        "A",
        "a",
        "",
        "  ",
        "日本語",
        "é" * 300,
        "1",
        "class",
        "__class__",
        "A" * 300,
        "🙈🙈",
    ]
    nodes = [
        {"name": name, "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": [1, 2]}
        for name in names
    ]
    edges = {name: {"main": [[{"node": other} for other in names]]} for name in names}

    found = read_foreign(json.dumps({"nodes": nodes, "connections": edges}))

    assert len(found.lines) == len(names)
    read_or_refuse(json.dumps({"nodes": nodes, "connections": edges}))


def test_every_node_leading_to_every_other():
    order = random.Random(7)
    names = [f"n{number}" for number in range(30)]
    nodes = [
        {
            "name": name,
            "type": "n8n-nodes-base.if",
            "typeVersion": 1,
            "position": [order.random(), 0],
        }
        for name in names
    ]
    edges = {name: {"main": [[{"node": other} for other in names]]} for name in names}

    read_or_refuse(json.dumps({"nodes": nodes, "connections": edges}))


@pytest.mark.slow
def test_a_thousand_branches_in_a_row_that_meet_again_each_time():
    condition = {
        "leftValue": "={{ $json.a }}",
        "operator": {"type": "boolean", "operation": "true"},
    }
    given = {"conditions": {"conditions": [condition]}}
    nodes = [{"name": "go", "type": "n8n-nodes-base.manualTrigger", "typeVersion": 1}]
    edges = {"go": {"main": [[{"node": "n0"}]]}}
    for number in range(1000):
        nodes.append(
            {
                "name": f"n{number}",
                "type": "n8n-nodes-base.if",
                "typeVersion": 2,
                "parameters": given,
            }
        )
        edges[f"n{number}"] = {
            "main": [[{"node": f"n{number + 1}"}], [{"node": f"n{number + 1}"}]]
        }

    found = read_foreign(json.dumps({"nodes": nodes, "connections": edges}))

    assert found.count("mapped") == 1001
    assert found.workflows[0].nodes["n999"].config["condition"] == "(inputs.a == True)"


@pytest.mark.slow
def test_a_thousand_links_in_a_row_and_across():
    nodes = [
        {"id": "t", "type": "tab"},
        {"id": "go", "z": "t", "type": "inject", "wires": [["l0", "m0"]]},
    ]
    for number in range(900):
        ahead = [[f"l{number + 1}", f"m{number + 1}"]]
        nodes += [
            {"id": f"{name}{number}", "z": "t", "type": "junction", "wires": ahead}
            for name in "lm"
        ]
    nodes.append(
        {
            "id": "l900",
            "z": "t",
            "type": "delay",
            "pauseType": "delay",
            "timeout": "1",
            "wires": [],
        }
    )

    (workflow,) = read_foreign(json.dumps(nodes)).workflows

    assert workflow.nodes["inject_message"].next["out"][0].node == "delay"
