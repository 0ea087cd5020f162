"""Groups, notes, disabled nodes and breakpoints, as the editor's views ask for them."""

import pytest

from flowforge_lab.errors import ExpressionError
from flowforge_lab.nodes import Registry
from flowforge_lab.services import EditError, EditorSession, answer
from flowforge_lab.spec import Document, digest

TEXT = """\
# the head comment
nodes:
  start: {kind: trigger.manual, next: done}
  done: {kind: flow.end}  # why it ends
canvas:
  start: [0, 0]
"""
NOTE = {"kind": "note", "text": "Ask Ada", "at": [10, 20]}


class Screen:
    def __init__(self):
        self.told = []

    def send(self, message):
        self.told.append(message)

    def last(self, kind):
        return next(one for one in reversed(self.told) if one["kind"] == kind)


@pytest.fixture
def session(tmp_path):
    path = tmp_path / "drawn.flow.yaml"
    path.write_text(TEXT)
    session = EditorSession(Document.read(path), Registry())
    yield session
    session.close()


def draw(session, id="_1", change=NOTE):
    session.apply([{"op": "draw", "id": id, "set": change}])


def test_what_is_drawn_is_saved_in_the_canvas_part_and_changes_nothing_else(session):
    before = digest(session.workflow)
    draw(session)
    draw(session, change={"color": "blue"})
    text = session.save().read_text()

    assert "    text: Ask Ada\n    at: [10, 20]\n    color: blue\n" in text
    assert "# why it ends" in text
    assert digest(session.workflow) == before


def test_what_is_drawn_goes_with_null_and_outlives_an_undo_of_everything(session):
    draw(session)
    whole = session.graph()["graph"]
    draw(session, change=None)
    assert session.workflow.drawn == {}

    session.apply([{"op": "set_graph", "graph": whole}])

    assert session.workflow.drawn["_1"].text == "Ask Ada"


def test_removing_and_renaming_nodes_leaves_what_is_drawn(session):
    draw(session)
    session.apply([{"op": "rename", "node": "start", "to": "begin"}])
    session.apply([{"op": "remove", "nodes": ["done"], "edges": []}])

    assert list(session.workflow.drawn) == ["_1"]


@pytest.mark.parametrize(
    ("id", "change"),
    [
        ("note", NOTE),
        ("_" + "x" * 80, NOTE),
        (5, NOTE),
        ("_2", {"kind": "cloud", "at": [0, 0]}),
        ("_2", {"text": "no kind"}),
        ("_2", {**NOTE, "text": "x" * 5000}),
        ("_2", {**NOTE, "at": [1e99, 0]}),
        ("_2", {**NOTE, "size": [float("nan"), 5]}),
        ("_2", {**NOTE, "text": "\ud800"}),
        ("_2", {**NOTE, "script": "x"}),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_changes(session, id, change):
    before = session.workflow

    with pytest.raises(EditError):
        draw(session, id, change)

    assert session.workflow is before


def test_a_canvas_holds_at_most_so_many(session):
    with pytest.raises(EditError, match="at most 500"):
        session.apply([{"op": "draw", "id": f"_{n}", "set": NOTE} for n in range(501)])


def test_a_node_is_disabled_and_enabled_as_a_setting(session):
    session.apply([{"op": "settings", "node": "done", "set": {"disabled": True}}])
    assert session.graph()["graph"]["nodes"]["done"]["disabled"] is True

    session.apply([{"op": "settings", "node": "done", "unset": ["disabled"]}])

    assert "disabled" not in session.graph()["graph"]["nodes"]["done"]


def test_every_view_knows_the_breakpoints_and_they_follow_their_node(session):
    screen = Screen()
    session.join(screen)
    answer(session, screen, {"kind": "breakpoint", "node": "done", "condition": "1 < 2"})
    assert screen.last("breakpoints")["breakpoints"] == {"done": "1 < 2"}

    session.apply([{"op": "rename", "node": "done", "to": "over"}])
    assert session.state()["breakpoints"] == {"over": "1 < 2"}
    answer(session, screen, {"kind": "breakpoint", "node": "over", "condition": None})

    assert screen.last("breakpoints")["breakpoints"] == {}


@pytest.mark.parametrize("node", ["start", "nobody", ""])
def test_nothing_stops_before_a_trigger_or_what_is_not_there(session, node):
    with pytest.raises(EditError, match="nothing can stop before"):
        session.set_breakpoint(node, "")


def test_a_condition_that_is_none_is_refused(session):
    with pytest.raises(ExpressionError):
        session.set_breakpoint("done", "1 <")
