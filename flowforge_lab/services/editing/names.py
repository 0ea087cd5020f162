"""The names that may be written in the expressions of one node: what autocompletion offers."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from flowforge_lab.nodes import Registry
from flowforge_lab.spec import Workflow

from .ports import find_type

_MAX_DEPTH = 3
_FIXED = (
    ("input", "", "The value on the edge that came in."),
    ("trigger", "", "What started the execution."),
    ("execution.id", "string", "The id of this execution."),
    ("execution.workflow", "string", "The id of the workflow."),
    ("now()", "datetime", "The time, the same for the whole visit."),
    ("vars.execution", "", "Variables of this execution."),
    ("vars.workflow", "", "Variables of this workflow."),
    ("vars.user", "", "Variables of the user."),
    ("vars.project", "", "Variables of the whole lab."),
)


def names_at(
    workflow: Workflow, node: str, registry: Registry, *, secrets: tuple[str, ...] = ()
) -> list[dict[str, str]]:
    """Return dotted paths with type and meaning; outputs of the nodes before `node` come first."""
    found = [*_outputs(workflow, node, registry), *_inputs(workflow)]
    found += [*_waits(workflow, registry), *(_name(*fixed) for fixed in _FIXED)]
    return found + [_name(f"secrets.{name}", "secret", "") for name in secrets]


def _name(path: str, type: str, doc: str) -> dict[str, str]:
    return {"path": path, "type": type, "doc": doc}


def _inputs(workflow: Workflow) -> list[dict[str, str]]:
    return [
        _name(f"inputs.{name}", field.type, field.description)
        for name, field in workflow.inputs.items()
    ]


def _waits(workflow: Workflow, registry: Registry) -> Iterator[dict[str, str]]:
    for id, node in workflow.nodes.items():
        kind = find_type(node.kind, registry)
        if kind is not None and kind.answers:
            yield _name(f"waits.{id}.url", "string", "Where that wait can be answered.")
            yield _name(f"waits.{id}.token", "string", "The secret part of that address.")


def _outputs(workflow: Workflow, node: str, registry: Registry) -> Iterator[dict[str, str]]:
    before = ancestors_of(workflow, node)
    for id in [id for id in workflow.nodes if id in before]:
        kind = find_type(workflow.nodes[id].kind, registry)
        title = workflow.nodes[id].label or (kind.title if kind else "")
        yield _name(f"nodes.{id}", "", title)
        if kind is not None:
            yield from _fields(f"nodes.{id}", kind.outputs)


def ancestors_of(workflow: Workflow, node: str) -> frozenset[str]:
    """Return the nodes from which a way leads to `node`, however long."""
    before: dict[str, list[str]] = {}
    for edge in workflow.edges():
        before.setdefault(edge.target, []).append(edge.source)
    found: set[str] = set()
    ahead = list(before.get(node, ()))
    while ahead:
        id = ahead.pop()
        if id not in found:
            found.add(id)
            ahead += before.get(id, ())
    return frozenset(found)


def _fields(prefix: str, model: type[BaseModel]) -> Iterator[dict[str, str]]:
    schema = model.model_json_schema(mode="serialization")
    yield from _properties(prefix, schema, schema.get("$defs", {}))


def _properties(
    prefix: str, schema: Mapping[str, Any], known: Mapping[str, Any], *, depth: int = 0
) -> Iterator[dict[str, str]]:
    for name, field in schema.get("properties", {}).items():
        inner = _followed(field, known)
        path = f"{prefix}.{name}"
        shape = str(inner.get("format") or inner.get("type") or "")
        yield _name(path, "" if shape == "any" else shape, str(field.get("description", "")))
        if depth < _MAX_DEPTH:
            yield from _properties(path, inner, known, depth=depth + 1)


def _followed(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref", "")
    return known.get(reference.rpartition("/")[2], schema) if reference else schema
