"""Every node can be reached from a trigger, and none stands alone."""

from collections.abc import Iterator
from difflib import get_close_matches

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft
from flowforge_lab.plan.graph import Graph


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each node without an edge, and for each that no trigger leads to.

    A misspelt target counts as the node it was probably meant to be: that fault is told already.
    """
    nodes = draft.workflow.nodes
    triggers = [id for id, node in nodes.items() if node.kind_name.startswith("trigger.")]
    if not triggers:
        return
    edges = list(_meant(draft))
    last = draft.workflow.settings.finally_
    starts = [*triggers, last] if last in nodes else triggers
    reached = Graph(nodes, edges).reached(starts)
    tied = {end for edge in edges for end in edge} | {last}
    for id in nodes:
        if id not in tied and len(nodes) > 1:
            text = "stands alone: no edge leads to it or from it"
            yield Problem("node.orphan", text, node=id, hint="connect it or delete it")
        elif id not in reached:
            hint = "lead an edge to it from a node that a trigger reaches"
            yield Problem("node.unreachable", "no trigger leads here", node=id, hint=hint)


def _meant(draft: Draft) -> Iterator[tuple[str, str]]:
    nodes = list(draft.workflow.nodes)
    for edge in draft.written:
        if edge.target in draft.workflow.nodes:
            yield edge.source, edge.target
        else:
            near = get_close_matches(edge.target, nodes, n=1, cutoff=0.6)
            yield edge.source, near[0] if near else edge.source
