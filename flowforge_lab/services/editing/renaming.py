"""A node gets another id, and everything that names it follows: edges, canvas, expressions."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from flowforge_lab.expressions import Path, Role, compile_value
from flowforge_lab.nodes import NodeType, Registry, role_at
from flowforge_lab.spec import Node, Target, Workflow

from .ports import find_type


def rename_node(workflow: Workflow, old: str, new: str, *, registry: Registry) -> Workflow:
    """Return the workflow with node `old` called `new`; it keeps its place in the order."""
    nodes = {
        new if id == old else id: _following(node, (old, new), registry)
        for id, node in workflow.nodes.items()
    }
    canvas = {new if id == old else id: place for id, place in workflow.canvas.items()}
    return workflow.model_copy(update={"nodes": nodes, "canvas": canvas})


def _following(node: Node, names: tuple[str, str], registry: Registry) -> Node:
    old, new = names

    def follow(target: Target) -> Target:
        return target._replace(node=new) if target.node == old else target

    return node.model_copy(
        update={
            "next": {port: tuple(map(follow, targets)) for port, targets in node.next.items()},
            "on_error": tuple(map(follow, node.on_error)),
            "config": rename_in_config(node.config, names, find_type(node.kind, registry)),
        }
    )


def rename_in_config(
    config: dict[str, Any], names: tuple[str, str], kind: NodeType | None
) -> dict[str, Any]:
    """Return the config with `nodes.<old>` read as `nodes.<new>` in every expression of it.

    Text that is never read as an expression (SQL, Python) stays as it is.
    """
    old, new = names
    roles = {} if kind is None else {"role_of": partial(_role, kind)}
    compiled = compile_value(config, **roles)
    marks: dict[Path, list[int]] = {}
    for path, reference in compiled.references:
        if reference.path[:2] == ("nodes", old):
            marks.setdefault(path, []).append(reference.offsets[1])
    changes = {
        path: _replaced(_at(config, path), offsets, names) for path, offsets in marks.items()
    }
    # What cannot be parsed yet is still being written; its names follow by their looks.
    for path, _ in compiled.problems:
        text = _at(config, path)
        if isinstance(text, str):
            changes[path] = re.sub(rf"\bnodes\.{re.escape(old)}\b", f"nodes.{new}", text)
    return _rebuilt(config, (), changes)  # type: ignore[no-any-return]  # a dict comes back a dict


def _role(kind: NodeType, path: Path) -> Role:
    return role_at(kind.config, path) or "template"


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _replaced(text: str, offsets: list[int], names: tuple[str, str]) -> str:
    old, new = names
    for offset in sorted(set(offsets), reverse=True):
        start = offset + (text[offset] in "'\"")
        if text.startswith(old, start):
            text = text[:start] + new + text[start + len(old) :]
    return text


def _rebuilt(value: Any, path: Path, changes: Mapping[Path, str]) -> Any:
    if path in changes:
        return changes[path]
    if isinstance(value, dict):
        return {key: _rebuilt(item, (*path, key), changes) for key, item in value.items()}
    if isinstance(value, list):
        return [_rebuilt(item, (*path, index), changes) for index, item in enumerate(value)]
    return value
