"""Where nodes stand that the file gives no place: as they were shown, once something was placed by hand."""

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.services import EditorSession
from flowforge_lab.spec import Document, digest

BARE = """\
nodes:
  start: {kind: trigger.manual, next: [left, right]}
  left: {kind: flow.delay, config: {duration: 1s}, next: done}
  right: {kind: flow.delay, config: {duration: 2s}}
  done: {kind: flow.end}
"""
PARTLY = f"{BARE}canvas: {{start: [40, 50], done: [900, -70]}}\n"


@pytest.fixture
def opened(tmp_path):
    path, sessions = tmp_path / "places.flow.yaml", []

    def open_it(text=None):
        if text is not None:
            path.write_text(text)
        sessions.append(EditorSession(Document.read(path), Registry()))
        return sessions[-1]

    yield open_it
    for session in sessions:
        session.close()


def shown(session):
    return {id: node["position"] for id, node in session.graph()["graph"]["nodes"].items()}


def move(id, *place):
    return {"op": "move", "positions": {id: place}}


JOIN = {"op": "connect", "edge": {"source": "right", "from": "out", "target": "done", "to": "in"}}
NODE = {"op": "add_node", "id": "more", "node": {"kind": "flow.end", "position": [500, 500]}}
NOTE = {"op": "draw", "id": "_1", "set": {"kind": "note", "text": "Ask Ada", "at": [10, 20]}}
CUT = {"op": "remove", "nodes": [], "edges": [{**JOIN["edge"], "source": "left"}]}


@pytest.mark.parametrize("text", [BARE, PARTLY])
@pytest.mark.parametrize(
    "edits", [[move("left", 560, 265)], [NODE], [NOTE, CUT], [CUT, NODE, JOIN]]
)
def test_what_was_shown_is_shown_again(opened, text, edits):
    session = opened(text)
    before = shown(session)

    for edit in edits:
        session.apply([edit])
    expected = shown(session)
    session.save()

    unmoved = before.keys() - {"left"}
    assert shown(opened()) == expected
    assert {id: expected[id] for id in unmoved} == {id: before[id] for id in unmoved}


def test_places_change_nothing_that_counts(opened):
    session = opened(BARE)
    before = digest(session.workflow)

    session.apply([move("left", 560, 265)])

    assert digest(session.workflow) == before


def test_what_places_nothing_writes_no_places(opened):
    session = opened(BARE)

    session.apply([JOIN])
    session.apply([{"op": "config", "node": "left", "config": {"duration": "3s"}}])

    assert session.workflow.canvas == {}


def test_every_view_sees_the_same_whenever_it_opens(opened):
    session = opened(BARE)
    before = shown(session)

    session.apply([CUT])

    assert shown(session) == before


def test_a_renamed_node_stays_where_it_is_shown(opened):
    session = opened(BARE)
    before = shown(session)

    session.apply([CUT, {"op": "rename", "node": "done", "to": "over"}])

    assert shown(session)["over"] == before["done"]


def test_a_reload_arranges_what_has_no_place_anew(opened, tmp_path):
    session = opened(BARE)
    (tmp_path / "places.flow.yaml").write_text(PARTLY)

    session.reload()

    assert shown(session) == shown(opened())
