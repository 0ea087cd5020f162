"""Groups and notes in the canvas part of a file: kept as written, and of no meaning."""

import pytest

from flowforge_lab.spec import Document, Drawn, compare, digest

BARE = """\
# greets
nodes:
  start: {kind: trigger.manual, next: done}
  done: {kind: flow.end}
canvas:
  start: [0, 0]  # left
"""
DRAWN = (
    BARE
    + """\
  _load: {kind: group, text: Loading, at: [-20, -40], size: [600, 200.5], color: blue}
  _1: {kind: note, text: "Ask Ada\\nfirst", at: [0, -160]}
"""
)


def test_says_what_is_drawn_beside_the_nodes():
    workflow = Document.parse(DRAWN).workflow

    assert workflow.places == {"start": (0, 0)}
    assert workflow.drawn["_load"] == Drawn(
        kind="group", text="Loading", at=(-20, -40), size=(600, 200.5), color="blue"
    )
    assert workflow.drawn["_1"].size == (240, 120)


def test_it_means_nothing():
    bare, drawn = Document.parse(BARE).workflow, Document.parse(DRAWN).workflow

    assert digest(bare) == digest(drawn)
    assert not compare(bare, drawn)


def test_a_change_of_a_note_keeps_the_rest_of_the_text():
    document = Document.parse(DRAWN)
    note = document.workflow.drawn["_1"].model_copy(update={"text": "Ask Bob"})
    canvas = {**document.workflow.canvas, "_1": note}

    text = document.with_workflow(document.workflow.model_copy(update={"canvas": canvas})).text

    assert "# greets" in text
    assert "# left" in text
    assert "Ask Bob" in text
    assert Document.parse(text).workflow.canvas == canvas


@pytest.mark.parametrize(
    ("spot", "told"),
    [
        ("_a: {kind: cloud, at: [0, 0]}", "kind"),
        ("_a: {kind: note}", "at"),
        ("_a: {kind: note, at: [0, 0], size: [1, -5]}", "size"),
        ("_a: {kind: note, at: [0, 1e99]}", "at"),
        ("_a: {kind: note, at: [0, 0], colour: red}", "colour"),
        ("a: {kind: note, at: [0, 0]}", "expected an id of '_'"),
        ("_a: {}", "kind"),
        ("_a: 5", "expected [x, y]"),
    ],
)
def test_one_that_is_wrong_is_told_and_left_out(spot, told):
    document = Document.parse(f"{BARE}  {spot}\n")

    assert told in " ".join(map(str, document.problems))
    assert {one.severity for one in document.problems} == {"warning"}
    assert not document.workflow.drawn
