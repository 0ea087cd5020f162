"""The workflow as the editor draws it: nodes with places and ports, edges in a list."""

from collections.abc import Mapping
from typing import Any

from flowforge_lab.nodes import Registry
from flowforge_lab.spec import Edge, Node, Workflow

from .ports import ports_of

_COLUMN, _ROW, _PORT_ROW = 280, 130, 24


def draw(
    workflow: Workflow,
    registry: Registry,
    arranged: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, Any]:
    """Return the graph of a workflow as JSON values; nodes without a place are where they are `arranged`."""
    found = arrange(workflow, registry) if arranged is None else arranged
    places = {**found, **workflow.places}
    plain = workflow.plain()
    return {
        "id": workflow.id,
        "name": workflow.name,
        "description": workflow.description,
        "inputs": plain.get("inputs", {}),
        "settings": plain.get("settings", {}),
        "nodes": {
            id: draw_node(node, places[id], registry) for id, node in workflow.nodes.items()
        },
        "edges": [draw_edge(edge) for edge in workflow.edges()],
        "drawn": {id: one.model_dump(mode="json") for id, one in workflow.drawn.items()},
    }


def draw_node(node: Node, place: tuple[float, float], registry: Registry) -> dict[str, Any]:
    """Return one node as JSON values; its edges are not part of it."""
    plain = {key: value for key, value in node.plain().items() if key not in {"next", "on_error"}}
    return {
        **plain,
        "config": node.config,
        "position": list(place),
        "ports": ports_of(node, registry).to_message(),
    }


def draw_edge(edge: Edge) -> dict[str, str]:
    """Return one edge as JSON values."""
    return {
        "source": edge.source,
        "from": edge.from_port,
        "target": edge.target,
        "to": edge.to_port,
    }


def arrange(workflow: Workflow, registry: Registry) -> dict[str, tuple[float, float]]:
    """Return a place for every node that has none: columns by distance from the start."""
    missing = [id for id in workflow.nodes if id not in workflow.places]
    if not missing:
        return {}
    columns = _columns(workflow)
    low = max((y for _, y in workflow.places.values()), default=-_ROW)
    start = low + _ROW if workflow.places else 0.0
    filled: dict[int, float] = {}
    places: dict[str, tuple[float, float]] = {}
    for id in missing:
        y = filled.get(columns[id], start)
        filled[columns[id]] = y + _height(workflow.nodes[id], registry)
        places[id] = (float(columns[id] * _COLUMN), y)
    return places


def _height(node: Node, registry: Registry) -> float:
    """Return the room a node takes in its column: one with several ports has a row for each."""
    ports = ports_of(node, registry)
    rows = max(len(ports.inputs), len(ports.outputs) - 1)
    return float(_ROW + _PORT_ROW * (rows if rows > 1 else 0))


def _columns(workflow: Workflow) -> Mapping[str, int]:
    """Return the longest way, in edges, from a start to each node; edges that lead back do not count."""
    columns = dict.fromkeys(workflow.nodes, 0)
    ahead: dict[str, list[str]] = {id: [] for id in workflow.nodes}
    for edge in workflow.edges():
        if edge.target in columns:
            ahead[edge.source].append(edge.target)
    for id in _in_order(ahead):
        for target in ahead[id]:
            columns[target] = max(columns[target], columns[id] + 1)
    return columns


def _in_order(ahead: dict[str, list[str]]) -> list[str]:
    """Return the nodes so that each stands behind all before it; edges that close a circle are taken out."""
    finished: list[str] = []
    done: set[str] = set()
    for start in ahead:
        path = {start: None} if start not in done else {}
        while path:
            here = next(reversed(path))
            ahead[here] = [target for target in ahead[here] if target not in path]
            further = next((target for target in ahead[here] if target not in done), None)
            if further is None:
                path.popitem()
                done.add(here)
                finished.append(here)
            else:
                path[further] = None
    return finished[::-1]
