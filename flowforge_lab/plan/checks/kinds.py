"""Every node is of a kind that is there, in a version this program knows."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each unknown kind, broken node type and version that is too new."""
    for id, node in draft.workflow.nodes.items():
        if id in draft.broken:
            yield Problem("kind.broken", draft.broken[id], node=id, field="kind")
        elif id not in draft.types:
            if node.kind:
                hint = did_you_mean(node.kind_name, draft.registry.kinds())
                text = f"unknown node type {node.kind_name!r}"
                yield Problem("kind.unknown", text, node=id, field="kind", hint=hint)
        elif node.kind_version > draft.types[id].version and not node.disabled:
            text = f"version {node.kind_version} of {node.kind_name}, known up to {draft.types[id].version}"
            hint = "upgrade flowforge-lab or the node pack"
            yield Problem("kind.version", text, node=id, field="kind", hint=hint)
