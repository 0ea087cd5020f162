"""Every node can be reached from a trigger, and none stands alone."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each node without an edge, and for each that no trigger leads to."""
    nodes = draft.workflow.nodes
    triggers = [id for id, node in nodes.items() if node.kind_name.startswith("trigger.")]
    if not triggers:
        return
    reached = draft.graph.reached(triggers)
    tied = {end for edge in draft.sound_edges for end in (edge.source, edge.target)}
    for id in nodes:
        if id in tied and id in reached:
            continue
        if id not in tied and len(nodes) > 1:
            hint = "connect it or delete it"
            yield Problem(
                "node.orphan", "stands alone: no edge leads to it or from it", node=id, hint=hint
            )
        elif id not in reached:
            hint = "lead an edge to it from a node that a trigger reaches"
            yield Problem("node.unreachable", "no trigger leads here", node=id, hint=hint)
