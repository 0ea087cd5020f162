"""Every edge leads from a port that is there to one that is there and takes what it brings."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.nodes import Port, fits
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import Edge, did_you_mean


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each edge with an end that is not there, or two ends that do not fit."""
    for edge in draft.edges:
        field = "on_error" if edge.from_port == "error" else f"next.{edge.from_port}"
        if edge.target not in draft.workflow.nodes:
            hint = did_you_mean(edge.target, draft.workflow.nodes)
            text = f"leads to {edge.target!r}, which is not there"
            yield Problem("edge.target", text, node=edge.source, field=field, hint=hint)
            continue
        source = _port(draft, edge.source, edge.from_port, is_output=True)
        target = _port(draft, edge.target, edge.to_port, is_output=False)
        if isinstance(source, str):
            yield Problem("edge.port", source, node=edge.source, field=field)
        if isinstance(target, str):
            yield Problem("edge.port", target, node=edge.source, field=field)
        if isinstance(source, Port) and isinstance(target, Port) and not fits(source, target):
            yield _misfit(edge, (source, target), field)


def _port(draft: Draft, id: str, name: str, *, is_output: bool) -> Port | str | None:
    if id not in draft.types:
        return None
    ports = {port.name: port for port in (draft.gives(id) if is_output else draft.takes(id))}
    if name in ports:
        return ports[name]
    if not ports:
        return f"leads to {id!r}, a trigger: nothing may lead to it"
    word = "output" if is_output else "input"
    hint = did_you_mean(name, ports)
    return f"no {word} {name!r} on {id!r}; it has: {', '.join(ports)}" + (
        f"; {hint}" if hint else ""
    )


def _misfit(edge: Edge, ports: tuple[Port, Port], field: str) -> Problem:
    source, target = ports
    text = f"{edge}: {source.type} does not fit an input of type {target.type}"
    hint = "name what the node needs in its config instead, or put a node between that gives it"
    return Problem("edge.type", text, node=edge.source, field=field, hint=hint)
