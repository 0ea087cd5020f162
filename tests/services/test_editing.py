"""The session behind the editor's views."""

from pathlib import Path
from typing import Any

import pytest

from flowforge_lab.errors import ConflictError, DocumentError, NotFoundError
from flowforge_lab.nodes import Registry
from flowforge_lab.services import EditError, EditorSession, answer, read_source
from flowforge_lab.spec import Workflow

TEXT = """\
# The head comment.
flowforge: 1
nodes:
  ask:
    kind: logic.condition   # why it is asked
    config: {condition: "1 < 2"}
    next: {"true": tell}
  tell: {kind: action.transform, config: {values: {x: "{{ nodes.ask.result }}"}}}
canvas: {ask: [0, 0], tell: [200, 0]}
"""


class Screen:
    """A view that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.told.append(message)

    def last(self, kind: str) -> dict[str, Any]:
        return next(message for message in reversed(self.told) if message["kind"] == kind)

    def kinds(self) -> list[str]:
        return [message["kind"] for message in self.told]


class Broken:
    """A view whose page is gone."""

    def send(self, message: dict[str, Any]) -> None:
        raise RuntimeError("closed")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.flow.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def session(file: Path):
    session = EditorSession(read_source(file), Registry())
    yield session
    session.close()


@pytest.fixture
def screen(session: EditorSession) -> Screen:
    screen = Screen()
    answer(session, screen, {"kind": "hello", "client": "one"})
    return screen


def do(session: EditorSession, screen: Screen, *ops: dict[str, Any], seq: int = 1) -> None:
    answer(session, screen, {"kind": "ops", "client": "one", "seq": seq, "ops": list(ops)})


def edge(source: str, target: str, port: str = "out") -> dict[str, str]:
    return {"source": source, "from": port, "target": target, "to": "in"}


def test_a_hello_is_answered_with_all_there_is(screen):
    state = screen.last("state")

    assert state["to"] == "one"
    assert list(state["graph"]["nodes"]) == ["ask", "tell"]
    ports = state["graph"]["nodes"]["ask"]["ports"]["outputs"]
    assert [port["name"] for port in ports] == ["true", "false", "error"]
    assert "logic.condition" in [kind["kind"] for kind in state["catalogue"]["types"]]
    assert state["file"] == {"name": "report.flow.yaml", "dirty": False, "conflict": False}
    assert state["can_run"] is False


def test_an_edit_is_confirmed_to_its_view_and_told_to_the_others(session, screen):
    other = Screen()
    answer(session, other, {"kind": "hello", "client": "two"})

    do(session, screen, {"op": "move", "positions": {"ask": [5, 6]}}, seq=7)

    assert screen.last("confirmed")["seq"] == 7
    assert other.last("ops")["but"] == "one"
    assert session.workflow.canvas["ask"] == (5, 6)


def test_a_refused_edit_is_answered_with_the_truth_and_the_reason(session, screen):
    before = session.workflow

    do(
        session, screen,
        {"op": "move", "positions": {"ask": [9, 9]}},
        {"op": "connect", "edge": edge("ask", "nobody")},
    )  # fmt: skip

    answer = screen.last("graph")
    assert "there is no node 'nobody'" in answer["reason"]
    assert answer["graph"]["nodes"]["ask"]["position"] == [0, 0]
    assert session.workflow is before


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        ({"op": "add_node", "id": "ask", "node": {"kind": "x"}}, "already"),
        ({"op": "add_node", "id": "1 2", "node": {"kind": "x"}}, "no node id"),
        ({"op": "add_node", "id": "new"}, "lacks 'node'"),
        ({"op": "rename", "node": "ask", "to": "tell"}, "already"),
        ({"op": "config", "node": "gone", "config": {}}, "no node 'gone'"),
        ({"op": "config", "node": "ask", "config": []}, "expected a config"),
        ({"op": "settings", "node": "ask", "set": {"retry": {"attempts": 0}}}, "retry.attempts"),
        ({"op": "settings", "node": "ask", "set": {"kind": "x.y"}}, "cannot change kind"),
        ({"op": "workflow", "set": {"inputs": {"a": {"type": "colour"}}}}, "inputs.a.type"),
        ({"op": "move", "positions": {"ask": "here"}}, "expected a position"),
        ({"op": "move", "positions": {"ask": [float("nan"), 0]}}, "expected a position within"),
        ({"op": "move", "positions": {"ask": [10**400, 0]}}, "expected a position"),
        ({"op": "fly"}, "unknown edit 'fly'"),
    ],
)
def test_a_wrong_edit_says_what_is_wrong(session, op, reason):
    with pytest.raises(EditError, match=reason):
        session.apply([op])


def test_edges_stand_at_their_source_by_port(session):
    session.apply([{"op": "connect", "edge": edge("ask", "tell", "error")}])
    session.apply([{"op": "connect", "edge": edge("ask", "tell", "false")}])
    session.apply([{"op": "disconnect", "edge": edge("ask", "tell", "true")}])

    plain = session.workflow.nodes["ask"].plain()
    assert plain["next"] == {"false": "tell"}
    assert plain["on_error"] == "tell"


def test_removing_a_node_removes_its_edges_and_place(session):
    session.apply([{"op": "remove", "nodes": ["tell"], "edges": []}])

    assert session.workflow.edges() == ()
    assert list(session.workflow.canvas) == ["ask"]


def test_settings_are_set_and_unset(session):
    session.apply([{"op": "settings", "node": "ask", "set": {"timeout": "30s", "notes": "n"}}])
    assert session.workflow.nodes["ask"].timeout == 30
    session.apply([{"op": "settings", "node": "ask", "unset": ["timeout"]}])

    assert session.workflow.nodes["ask"].timeout is None
    assert session.workflow.nodes["ask"].notes == "n"
    session.apply([{"op": "settings", "node": "ask", "set": {"continue_with": None}}])
    assert session.workflow.nodes["ask"].continues


def test_edges_and_expressions_follow_a_rename(session, screen):
    do(session, screen, {"op": "rename", "node": "ask", "to": "question"})

    nodes = session.workflow.nodes
    assert list(nodes) == ["question", "tell"]
    assert nodes["tell"].config == {"values": {"x": "{{ nodes.question.result }}"}}
    told = screen.last("graph")
    assert told["seq"] == 1
    assert told["graph"]["nodes"]["tell"]["config"]["values"]["x"] == "{{ nodes.question.result }}"


def test_ports_follow_the_config(session, screen):
    do(
        session,
        screen,
        {"op": "add_node", "id": "pick", "node": {"kind": "logic.switch", "position": [1, 2]}},
    )
    before = screen.last("ports")["ports"]["pick"]["outputs"]
    config = {"cases": [{"name": "big", "when": "1 < 2"}]}

    do(session, screen, {"op": "config", "node": "pick", "config": config})

    after = screen.last("ports")["ports"]["pick"]["outputs"]
    assert "big" in [port["name"] for port in after]
    assert "big" not in [port["name"] for port in before]


def test_problems_are_told_soon_after_an_edit(session, screen):
    do(session, screen, {"op": "config", "node": "ask", "config": {"condition": "1 <"}})

    assert [one for one in session.problems if one.node == "ask" and one.severity == "error"]
    assert [one for one in screen.last("problems")["problems"] if one["node"] == "ask"]


def test_a_save_keeps_comments_also_of_a_renamed_node(session, file):
    session.apply([{"op": "rename", "node": "ask", "to": "question"}])
    session.apply([{"op": "rename", "node": "question", "to": "query"}])

    session.save()

    text = file.read_text(encoding="utf-8")
    assert "# The head comment." in text
    assert "query:" in text
    assert "# why it is asked" in text
    assert not session.is_dirty


def test_a_file_changed_by_another_is_not_overwritten(session, screen, file):
    session.apply([{"op": "move", "positions": {"ask": [1, 1]}}])
    file.write_text(TEXT + "# theirs\n", encoding="utf-8")

    with pytest.raises(ConflictError):
        session.save()

    assert file.read_text(encoding="utf-8").endswith("# theirs\n")
    assert screen.last("file")["file"] == {
        "name": "report.flow.yaml",
        "dirty": True,
        "conflict": True,
    }
    session.save(force=True)
    assert "theirs" not in file.read_text(encoding="utf-8")
    assert screen.last("file")["file"]["conflict"] is False


def test_a_change_on_disk_is_noticed_and_a_reload_takes_it(session, screen, file):
    assert session.check_file() is False
    file.write_text(TEXT.replace("tell", "say"), encoding="utf-8")

    answer(session, screen, {"kind": "check", "client": "one"})
    assert screen.last("file")["file"]["conflict"] is True
    answer(session, screen, {"kind": "reload", "client": "one"})

    assert list(screen.last("graph")["graph"]["nodes"]) == ["ask", "say"]
    assert screen.last("file")["file"]["conflict"] is False


def test_a_file_that_became_nonsense_is_told_and_the_editor_stays(session, screen, file):
    file.write_text("{[", encoding="utf-8")

    answer(session, screen, {"kind": "reload", "client": "one"})

    assert screen.last("notice")["tone"] == "error"
    assert list(session.workflow.nodes) == ["ask", "tell"]
    with pytest.raises(DocumentError):
        session.reload()


def test_a_save_with_errors_says_that_it_is_a_draft(session, screen, file):
    broken = {"op": "config", "node": "ask", "config": {"condition": "1 +"}}
    do(session, screen, broken)

    answer(session, screen, {"kind": "save", "client": "one"})

    notice = screen.last("notice")
    assert (notice["tone"], "as a draft" in notice["text"]) == ("warning", True)
    assert "1 +" in file.read_text(encoding="utf-8")


def test_a_new_file_is_made_by_the_first_save(tmp_path):
    session = EditorSession(read_source(tmp_path / "fresh.flow.yaml"), Registry())
    session.apply([{"op": "add_node", "id": "one", "node": {"kind": "flow.end"}}])

    path = session.save()
    session.close()

    assert path == tmp_path / "fresh.flow.yaml"
    assert "flow.end" in path.read_text(encoding="utf-8")


def test_a_workflow_built_in_python_needs_a_name_to_be_saved(tmp_path):
    session = EditorSession(read_source(Workflow(id="built")), Registry())

    with pytest.raises(NotFoundError):
        session.save()
    assert session.save(tmp_path / "built.flow.yaml").exists()
    session.close()


def test_read_only_refuses_edits_and_saves(file):
    session = EditorSession(read_source(file), Registry(), is_read_only=True)

    with pytest.raises(EditError, match="read only"):
        session.apply([{"op": "move", "positions": {}}])
    with pytest.raises(ConflictError):
        session.save()
    session.close()


def test_a_broken_view_does_not_stop_the_others(session, screen):
    session.join(Broken())

    session.apply([{"op": "move", "positions": {"ask": [3, 3]}}])

    assert screen.last("ops")["ops"][0]["op"] == "move"


@pytest.mark.parametrize(
    "message",
    [
        None,
        3,
        {},
        {"kind": "nonsense"},
        {"kind": "ops"},
        {"kind": "ops", "ops": 3},
        {"kind": "inspect"},
    ],
)
def test_a_malformed_message_does_no_harm(session, screen, message):
    answer(session, screen, message)

    assert list(session.workflow.nodes) == ["ask", "tell"]


def test_names_are_those_of_the_nodes_before(session, screen):
    answer(session, screen, {"kind": "names", "client": "one", "node": "tell"})
    paths = [name["path"] for name in screen.last("names")["names"]]
    answer(session, screen, {"kind": "names", "client": "one", "node": "ask"})
    first = [name["path"] for name in screen.last("names")["names"]]

    assert "nodes.ask.result" in paths
    assert "input" in paths
    assert not any(path.startswith("nodes.") for path in first)


def test_nodes_without_a_place_get_one_right_of_what_leads_to_them(file):
    file.write_text(TEXT.partition("canvas")[0], encoding="utf-8")
    session = EditorSession(read_source(file), Registry())
    screen = Screen()

    answer(session, screen, {"kind": "hello", "client": "one"})
    session.close()

    nodes = screen.last("state")["graph"]["nodes"]
    assert nodes["ask"]["position"][0] < nodes["tell"]["position"][0]
    assert not session.is_dirty


def test_a_whole_graph_can_be_set_back(session, screen):
    graph = screen.last("state")["graph"]
    session.apply([{"op": "remove", "nodes": ["ask", "tell"], "edges": []}])

    session.apply([{"op": "set_graph", "graph": graph}])

    assert [str(edge) for edge in session.workflow.edges()] == ["ask.true -> tell"]
    assert session.workflow.nodes["tell"].config == graph["nodes"]["tell"]["config"]


def test_the_editor_looks_for_files_beside_the_workflow(session, file):
    (file.parent / "daily.ipynb").write_text("{}")
    config = {"path": "dayly.ipynb"}
    node = {"kind": "notebook.run", "config": config}
    session.apply([{"op": "add_node", "id": "n", "node": node}])

    found = {problem.node: problem for problem in session.problems if problem.field}

    assert found["n"].hint == "did you mean 'daily.ipynb'?"
