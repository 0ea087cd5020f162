"""The workflow as the editor draws it: nodes with places and ports, edges in a list."""

from collections.abc import Mapping
from typing import Any

from flowforge_lab.nodes import Registry
from flowforge_lab.spec import Edge, Node, Workflow

from .ports import ports_of

_COLUMN, _ROW = 280, 130


def draw(workflow: Workflow, registry: Registry) -> dict[str, Any]:
    """Return the graph of a workflow as JSON values; nodes without a place get one."""
    places = {**_laid_out(workflow), **workflow.canvas}
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


def _laid_out(workflow: Workflow) -> dict[str, tuple[float, float]]:
    """Return a place for every node that has none: columns by distance from the start."""
    missing = [id for id in workflow.nodes if id not in workflow.canvas]
    if not missing:
        return {}
    columns = _columns(workflow)
    low = max((y for _, y in workflow.canvas.values()), default=-_ROW)
    start = low + _ROW if workflow.canvas else 0.0
    filled: dict[int, int] = {}
    places: dict[str, tuple[float, float]] = {}
    for id in missing:
        row = filled.get(columns[id], 0)
        filled[columns[id]] = row + 1
        places[id] = (float(columns[id] * _COLUMN), start + row * _ROW)
    return places


def _columns(workflow: Workflow) -> Mapping[str, int]:
    """Return the longest way, in edges, from a start to each node; back edges do not count."""
    columns = dict.fromkeys(workflow.nodes, 0)
    edges = [edge for edge in workflow.edges() if edge.target in columns]
    for _ in range(min(len(columns), 200)):
        moved = False
        for edge in edges:
            ahead = columns[edge.source] + 1
            if columns[edge.target] < ahead < len(columns):
                columns[edge.target] = ahead
                moved = True
        if not moved:
            break
    return columns
