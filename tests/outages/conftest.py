"""Run a node against a service in each state, all at once, in one lab, and something well beside them."""

import contextlib
import json

import pytest

import flowforge_lab as ff
from flowforge_lab.nodes import Registry
from flowforge_lab.reference import can_fail_with
from flowforge_lab.settings import Settings
from tests.outages.ill_servers import IllServers

WELL = """
id: well
nodes:
  start: {kind: trigger.manual, next: count}
  count: {kind: action.transform, config: {value: "1 + 1"}, next: done}
  done: {kind: flow.end, config: {result: nodes.count.value}}
"""


@pytest.fixture(scope="module")
def ill():
    with IllServers() as servers:
        yield servers


@pytest.fixture
def outages(tmp_path):
    """Return what came out of the error port in each state.

    `connections` are those of the lab, by name; `nodes` gives the node to run for each state. Fails where
    another execution does not go on meanwhile.
    """

    def outages(nodes, connections=None, *, inputs=None):
        (tmp_path / ".flowforge").mkdir()
        (tmp_path / ".flowforge" / "flowforge.toml").write_text(toml_of(connections or {}))
        (tmp_path / "well.flow.yaml").write_text(WELL)
        for state, node in nodes.items():
            path_of(tmp_path, state).write_text(flow_of(state, node))
        settings = Settings(owner_linger_seconds=0.5, poll_seconds=0.05)
        with ff.open_lab(tmp_path, settings=settings) as lab:
            ids = {state: lab.start(path_of(tmp_path, state), **(inputs or {})) for state in nodes}
            assert lab.run(tmp_path / "well.flow.yaml").result == 2
            told = {state: lab.wait(id).result for state, id in ids.items()}
        for state, result in told.items():
            kind = nodes[state]["kind"]
            assert result == "went well" or can_fail_with(kind, result["type"]), (kind, result)
        return told

    return outages


def flow_of(state, node):
    """Return a workflow that ends with what leaves the node's error port, or with `went well`."""
    ports = {port.name: "well" for port in Registry().get(node["kind"]).outputs_of(node["config"])}
    written = {"retry": {"attempts": 1}, **node, "next": {**ports, "error": "told"}}
    told = {"kind": "flow.end", "config": {"result": "input.error"}}
    well = {"kind": "flow.end", "config": {"result": "'went well'"}}
    start = {"kind": "trigger.manual", "next": "x"}
    nodes = {"start": start, "x": written, "told": told, "well": well}
    return json.dumps({"id": id_of(state), "nodes": nodes})


def id_of(state):
    return "s_" + state.replace(" ", "_")


def path_of(folder, state):
    return folder / f"{id_of(state)}.flow.yaml"


def toml_of(connections):
    """Return the lab's file."""
    lines = []
    for name, facts in connections.items():
        lines.append(f"[connections.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
    return "\n".join(lines)


def kinds_of(results):
    """Return the type and the status of each error, by state."""
    return {
        state: result
        if not isinstance(result, dict)
        else (result["type"], result["status"])
        if result["status"]
        else result["type"]
        for state, result in results.items()
    }


with contextlib.suppress(ImportError):
    import jsonschema  # noqa: F401  # it takes seconds, which are nobody's time limit
