"""A node type in one line of a list."""

from typing import Any

from flowforge_lab.nodes import NodeType


def brief_of(kind: NodeType) -> dict[str, Any]:
    """Return what a list says of a node type."""
    return {
        "kind": kind.kind,
        "title": kind.title,
        "category": kind.category,
        "version": kind.version,
        "effects": kind.effects,
        "summary": kind.doc.partition("\n")[0],
    }
