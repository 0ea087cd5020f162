"""What stands in a plan for a node that is disabled: it is passed by."""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict

from flowforge_lab.nodes import IN, OUT, Attempt, Emit, Model, NodeType, NoInputs, Port
from flowforge_lab.spec import Node

from .shape import BODY


class Anything(Model):
    """Whatever came along."""

    model_config = ConfigDict(extra="allow")


def way_past(node: Node, kind: NodeType | None) -> str:
    """Return the port by which what comes to a disabled node goes on, as it came; empty for nowhere.

    It is the first that the node has, of a loop that behind its turns. Triggers, jumps and ends have none.
    """
    if kind is None:
        return OUT.name
    if kind.is_trigger or kind.jumps or kind.ends:
        return ""
    ports = (port.name for port in _ports(kind, node.config) if port.name != BODY)
    return next(ports, "")


def _ports(kind: NodeType, config: Mapping[str, Any]) -> tuple[Port, ...]:
    try:
        return kind.outputs_of(config)
    except Exception:  # noqa: BLE001  # a type's own function met a config nobody has checked
        return (OUT,)


def passed_by(node: Node, kind: NodeType | None) -> NodeType:
    """Return the type of a disabled node, which asks nothing of its config; `kind` is what it would be."""
    port = way_past(node, kind)

    async def run(_config: Anything, _inputs: NoInputs, attempt: Attempt) -> Emit:
        came = attempt.input
        whole = came if isinstance(came, dict) else {} if came is None else {"value": came}
        return Emit(Anything.model_validate(whole), port or OUT.name)

    return NodeType(
        kind=node.kind_name,
        title=node.kind_name if kind is None else kind.title,
        doc="",
        config=Anything,
        inputs=NoInputs,
        outputs=Anything,
        run=run,
        inputs_of=lambda _config: _inputs_of(node, kind),
        outputs_of=lambda _config: (Port(port),) if port else (),
        category=node.kind_name.partition(".")[0],
    )


def _inputs_of(node: Node, kind: NodeType | None) -> tuple[Port, ...]:
    """Return the ports that may lead to it, of any type, so that every edge to it still fits."""
    if kind is None:
        return (IN,)
    try:
        return tuple(Port(port.name, port.title) for port in kind.inputs_of(node.config))
    except Exception:  # noqa: BLE001  # as above
        return (IN,)
