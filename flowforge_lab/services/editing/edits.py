"""The operations an editor may apply to a workflow, each a function from workflow to workflow."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from pydantic import ValidationError

from flowforge_lab.errors import FlowForgeError
from flowforge_lab.nodes import Port, Registry, fits
from flowforge_lab.spec import (
    DRAWN_PATTERN,
    ERROR_PORT,
    ID_PATTERN,
    MAX_PLACE,
    Drawn,
    Edge,
    Node,
    Target,
    Workflow,
    told_of,
)

from .ports import ports_of
from .renaming import rename_node

Op = Mapping[str, Any]
_SETTINGS = ("label", "notes", "disabled", "retry", "timeout", "on_crash", "continue_with")
_MAX_DRAWN = 500
_OF_WORKFLOW = ("name", "description", "inputs", "settings")


class EditError(FlowForgeError):
    """An edit cannot be applied to the workflow as it is now; the text says why."""


def apply_edits(workflow: Workflow, ops: Iterable[Op], registry: Registry) -> Workflow:
    """Return the workflow after all of `ops`; it is all of them or none.

    Raises:
        EditError: one of them does not fit the workflow or is no operation at all.
    """
    for op in ops:
        apply = _APPLY.get(str(op.get("op")))
        if apply is None:
            msg = f"unknown edit {op.get('op')!r}; there is: {', '.join(_APPLY)}"
            raise EditError(msg)
        try:
            workflow = apply(workflow, op, registry)
        except KeyError as error:
            msg = f"the edit {op['op']!r} lacks {error}"
            raise EditError(msg) from error
        except ValidationError as error:
            raise EditError(_first_fault(error)) from error
    return workflow


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place}: {told_of(fault, shows_value=False)}"


def _add_node(workflow: Workflow, op: Op, _registry: Registry) -> Workflow:
    id = _new_id(workflow, op["id"])
    raw = op["node"]
    fields = {key: raw[key] for key in (*_SETTINGS, "config") if raw.get(key) is not None}
    if "continue_with" in raw:
        fields["continue_with"] = raw["continue_with"]
    node = Node.model_validate({"kind": raw["kind"], **fields})
    place = _place(raw.get("position") or (0, 0))
    return workflow.model_copy(
        update={
            "nodes": {**workflow.nodes, id: node},
            "canvas": {**workflow.canvas, id: place},
        }
    )


def _new_id(workflow: Workflow, id: object) -> str:
    if not isinstance(id, str) or not re.fullmatch(ID_PATTERN, id):
        msg = f"{id!r} is no node id: letters, digits and '_', a letter first, 64 at most"
        raise EditError(msg)
    if id in workflow.nodes:
        msg = f"there is a node {id!r} already"
        raise EditError(msg)
    return id


def _place(position: Any) -> tuple[float, float]:
    try:
        x, y = position
        place = float(x), float(y)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"expected a position [x, y], found {position!r}"
        raise EditError(msg) from error
    if not all(-MAX_PLACE <= part <= MAX_PLACE for part in place):
        msg = f"expected a position within {MAX_PLACE:,.0f} of the middle, found {position!r}"
        raise EditError(msg)
    return place


def _remove(workflow: Workflow, op: Op, _registry: Registry) -> Workflow:
    gone = set(op.get("nodes") or ())
    cut = {read_edge(edge) for edge in op.get("edges") or ()}
    edges = [
        edge
        for edge in workflow.edges()
        if edge not in cut and not gone & {edge.source, edge.target}
    ]
    kept = {id: node for id, node in workflow.nodes.items() if id not in gone}
    canvas = {id: place for id, place in workflow.canvas.items() if id not in gone}
    return with_edges(workflow.model_copy(update={"nodes": kept, "canvas": canvas}), edges)


def _move(workflow: Workflow, op: Op, _registry: Registry) -> Workflow:
    known = {id: _place(place) for id, place in op["positions"].items() if id in workflow.nodes}
    return workflow.model_copy(update={"canvas": {**workflow.canvas, **known}})


def _connect(workflow: Workflow, op: Op, registry: Registry) -> Workflow:
    edge = read_edge(op["edge"])
    _check_edge(workflow, edge, registry)
    edges = workflow.edges()
    return workflow if edge in edges else with_edges(workflow, [*edges, edge])


def _check_edge(workflow: Workflow, edge: Edge, registry: Registry) -> None:
    for id in (edge.source, edge.target):
        _node(workflow, id)
    given = _port(ports_of(workflow.nodes[edge.source], registry).outputs, edge.from_port)
    inputs = ports_of(workflow.nodes[edge.target], registry).inputs
    taken = _port(inputs, edge.to_port)
    if not inputs:
        msg = f"{edge.target!r} takes no input"
        raise EditError(msg)
    if given and taken and not fits(given, taken):
        msg = f"{edge}: {given.type} does not fit an input of type {taken.type}"
        raise EditError(msg)


def _port(ports: Iterable[Port], name: str) -> Port | None:
    return next((port for port in ports if port.name == name), None)


def _disconnect(workflow: Workflow, op: Op, _registry: Registry) -> Workflow:
    cut = read_edge(op["edge"])
    return with_edges(workflow, [edge for edge in workflow.edges() if edge != cut])


def _config(workflow: Workflow, op: Op, _registry: Registry) -> Workflow:
    if not isinstance(op["config"], dict):
        msg = f"expected a config with fields, found {type(op['config']).__name__}"
        raise EditError(msg)
    node = _node(workflow, op["node"])
    return _with_node(workflow, op["node"], node.model_copy(update={"config": op["config"]}))


def _settings(workflow: Workflow, op: Op, _registry: Registry) -> Workflow:
    node = _node(workflow, op["node"])
    fields = _changed(node.plain(), op, allowed=_SETTINGS)
    return _with_node(workflow, op["node"], Node.model_validate(fields))


def _changed(plain: Mapping[str, Any], op: Op, *, allowed: tuple[str, ...]) -> dict[str, Any]:
    change, unset = op.get("set") or {}, set(op.get("unset") or ())
    foreign = sorted({*change, *unset} - set(allowed))
    if foreign:
        msg = f"{op['op']!r} cannot change {', '.join(foreign)}; it can: {', '.join(allowed)}"
        raise EditError(msg)
    return {key: value for key, value in {**plain, **change}.items() if key not in unset}


def _rename(workflow: Workflow, op: Op, registry: Registry) -> Workflow:
    _node(workflow, op["node"])
    return rename_node(workflow, op["node"], _new_id(workflow, op["to"]), registry=registry)


def _workflow(workflow: Workflow, op: Op, _registry: Registry) -> Workflow:
    changed = Workflow.model_validate(_changed(workflow.plain(), op, allowed=_OF_WORKFLOW))
    return workflow.model_copy(update={name: getattr(changed, name) for name in _OF_WORKFLOW})


def _set_graph(workflow: Workflow, op: Op, registry: Registry) -> Workflow:
    graph = op["graph"]
    bare = workflow.model_copy(update={"nodes": {}, "canvas": {}})
    nodes = [{"op": "add_node", "id": id, "node": node} for id, node in graph["nodes"].items()]
    edges = [{"op": "connect", "edge": edge} for edge in graph["edges"]]
    drawn = [{"op": "draw", "id": id, "set": one} for id, one in graph.get("drawn", {}).items()]
    named = {name: graph[name] for name in _OF_WORKFLOW if name in graph}
    return apply_edits(bare, [*nodes, *edges, *drawn, {"op": "workflow", "set": named}], registry)


def _draw(workflow: Workflow, op: Op, _registry: Registry) -> Workflow:
    """Put a group or a note on the canvas, or change the one that is there; `set` of null takes it away."""
    id, change = op["id"], op["set"]
    if not isinstance(id, str) or not re.fullmatch(DRAWN_PATTERN, id):
        msg = f"{id!r} is no id of a group or a note: '_' and letters, digits or '_'"
        raise EditError(msg)
    others = {key: spot for key, spot in workflow.canvas.items() if key != id}
    if change is None:
        return workflow.model_copy(update={"canvas": others})
    before = workflow.drawn.get(id)
    whole = {**({} if before is None else before.model_dump()), **change}
    if before is None and len(workflow.drawn) >= _MAX_DRAWN:
        msg = f"at most {_MAX_DRAWN} groups and notes fit on a canvas"
        raise EditError(msg)
    canvas = {**workflow.canvas, id: Drawn.model_validate(whole)}
    return workflow.model_copy(update={"canvas": canvas})


def _node(workflow: Workflow, id: str) -> Node:
    if id not in workflow.nodes:
        msg = f"there is no node {id!r} any more"
        raise EditError(msg)
    return workflow.nodes[id]


def _with_node(workflow: Workflow, id: str, node: Node) -> Workflow:
    return workflow.model_copy(update={"nodes": {**workflow.nodes, id: node}})


def read_edge(raw: Mapping[str, Any]) -> Edge:
    """Return the edge of a message."""
    return Edge(
        str(raw["source"]), str(raw["from"]), str(raw["target"]), str(raw.get("to") or "in")
    )


def with_edges(workflow: Workflow, edges: Iterable[Edge]) -> Workflow:
    """Return the workflow with exactly these edges; each node keeps the order of its ports."""
    leaving: dict[str, dict[str, list[Target]]] = {id: {} for id in workflow.nodes}
    for edge in edges:
        if edge.source in leaving:
            targets = leaving[edge.source].setdefault(edge.from_port, [])
            targets.append(Target(edge.target, edge.to_port))
    nodes = {id: _leading(node, leaving[id]) for id, node in workflow.nodes.items()}
    return workflow.model_copy(update={"nodes": nodes})


def _leading(node: Node, ports: Mapping[str, list[Target]]) -> Node:
    ahead = {port: tuple(targets) for port, targets in ports.items() if port != ERROR_PORT}
    on_error = tuple(ports.get(ERROR_PORT, ()))
    if ahead == node.next and on_error == node.on_error:
        return node
    return node.model_copy(update={"next": ahead, "on_error": on_error})


_APPLY = cast(
    "dict[str, Callable[[Workflow, Op, Registry], Workflow]]",
    {
        "add_node": _add_node,
        "remove": _remove,
        "move": _move,
        "connect": _connect,
        "disconnect": _disconnect,
        "config": _config,
        "settings": _settings,
        "rename": _rename,
        "workflow": _workflow,
        "set_graph": _set_graph,
        "draw": _draw,
    },
)
