"""The ports of a node as the canvas shows them, whatever its config says at the moment."""

from typing import Any, NamedTuple

from flowforge_lab.nodes import ERROR, IN, OUT, NodeType, NodeTypeError, Port, Registry
from flowforge_lab.spec import Node


class Ports(NamedTuple):
    """What may lead to a node, and what may leave it; the error port comes last."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    def to_message(self) -> dict[str, Any]:
        """Return them as JSON values."""
        return {side: [_written(port) for port in getattr(self, side)] for side in self._fields}


def _written(port: Port) -> dict[str, str]:
    title = port.title or port.name.replace("_", " ").capitalize()
    return {"name": port.name, "title": title, "type": port.type}


def find_type(kind: str, registry: Registry) -> NodeType | None:
    """Return the node type of a kind, or `None` where there is none or it cannot be imported."""
    try:
        return registry.find(kind.partition("@")[0])
    except NodeTypeError:
        return None


def ports_of(node: Node, registry: Registry) -> Ports:
    """Return the ports of a node; a node of an unknown type has one of each."""
    kind = find_type(node.kind, registry)
    if kind is None:
        return Ports((IN,), (OUT, ERROR))
    return ports_for(kind, node.config)


def ports_for(kind: NodeType, config: dict[str, Any]) -> Ports:
    """Return the ports of a node type under a config that may be half written."""
    try:
        inputs, outputs = kind.inputs_of(config), kind.outputs_of(config)
    except Exception:  # noqa: BLE001  # a type's own function met a config nobody has checked yet
        inputs, outputs = (IN,), (OUT,)
    return Ports(inputs, outputs if kind.is_trigger else (*outputs, ERROR))
