"""Edges run in circles only through nodes that know how to end one."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each circle of edges, named by its nodes, as a depth-first search meets it."""
    if len(draft.shape.forward.order) == len(draft.workflow.nodes):
        return
    done: set[str] = set()
    for start in draft.workflow.nodes:
        if start not in done:
            yield from _search(draft, start, done)


def _search(draft: Draft, start: str, done: set[str]) -> Iterator[Problem]:
    path = {start: None}
    stack = [iter(draft.shape.forward.behind[start])]
    while stack:
        ahead = next(stack[-1], None)
        if ahead is None:
            stack.pop()
            done.add(path.popitem()[0])
        elif ahead in path:
            yield _circle([*path][[*path].index(ahead) :])
        elif ahead not in done:
            path[ahead] = None
            stack.append(iter(draft.shape.forward.behind[ahead]))


def _circle(nodes: list[str]) -> Problem:
    text = f"a circle that never ends: {' -> '.join([*nodes, nodes[0]])}"
    hint = "take out one of these edges, or go back through a logic.loop or a logic.jump"
    return Problem("graph.cycle", text, node=nodes[-1], field="next", hint=hint)
