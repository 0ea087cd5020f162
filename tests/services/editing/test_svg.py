"""Pictures that stand still: the same for the same workflow, whole for a broken one, text for any label."""

import xml.etree.ElementTree as ET

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.services import workflow_svg
from flowforge_lab.spec import Document

SVG = "{http://www.w3.org/2000/svg}"
REGISTRY = Registry()
WAYS = """\
name: Ways & means
nodes:
  start: {kind: trigger.manual, next: is_large}
  is_large: {kind: logic.condition, label: "<b>Large?</b>", config: {condition: "True"}, next: {"true": ask, "false": done}}
  ask: {kind: flow.wait_reply, next: {received: done, timeout: back, invalid: done, cancelled: done}, on_error: done}
  back: {kind: logic.jump, next: ask}
  done: {kind: flow.end}
"""


def drawn(text):
    picture = workflow_svg(Document.parse(text).workflow, REGISTRY)
    return picture, ET.fromstring(picture)


def texts(tree, kind):
    return [one.text for one in tree.iter(f"{SVG}text") if one.get("class") == kind]


def test_every_node_and_edge_is_drawn_once():
    _, tree = drawn(WAYS)

    edges = [one for one in tree.iter(f"{SVG}path") if "edge" in (one.get("class") or "")]
    assert len(texts(tree, "label")) == 5
    assert len(edges) == 9
    assert sum("error" in edge.get("class") for edge in edges) == 1


def test_ports_have_their_names_unless_there_is_one_way_out():
    _, tree = drawn(WAYS)

    assert {"true", "false", "received", "timeout", "error"} <= set(texts(tree, "port"))
    assert "out" not in texts(tree, "port")


def test_labels_are_text_and_never_markup():
    _, tree = drawn(WAYS)

    assert "<b>Large?</b>" in texts(tree, "label")
    assert tree.find(f"{SVG}title").text == "Ways & means"


def test_the_same_workflow_gives_the_same_picture():
    assert drawn(WAYS)[0] == drawn(WAYS)[0]


def test_nodes_stand_where_the_canvas_has_them_and_nothing_is_cut_off():
    _, tree = drawn(WAYS + "canvas: {start: [-500, -300], done: [900, 700]}\n")

    places = [one.get("transform") for one in tree.iter(f"{SVG}g")]
    width, height = map(float, (tree.get("width"), tree.get("height")))
    assert "translate(28 28)" in places
    assert width >= 1400 + 184
    assert height >= 1000 + 50


@pytest.mark.parametrize("text", ["nodes: {}\n", "nodes:\n  a: {kind: no.such, next: [b, gone]}\n  b: {kind: flow.end}\n"])  # fmt: skip
def test_a_workflow_that_is_not_valid_is_drawn_as_far_as_it_goes(text):
    _, tree = drawn(text)

    assert tree.tag == f"{SVG}svg"


def test_a_long_label_is_cut():
    _, tree = drawn(f"nodes:\n  a: {{kind: trigger.manual, label: {'long ' * 20}}}\n")

    [label] = texts(tree, "label")
    assert label.endswith("…")
    assert len(label) < 26
