"""A join that waits for so many can have as many."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each join that waits for more branches than lead to it."""
    for id, kind in draft.types.items():
        count = draft.workflow.nodes[id].config.get("count")
        if not kind.joins or not isinstance(count, int):
            continue
        there = sum(edge.target == id for edge in draft.sound_edges)
        if count > there:
            text = (
                f"waits for {count} branches, and {there} lead here: it goes on without the rest"
            )
            hint = "lower count, or lead more branches here"
            yield Problem("join.count", text, id, "config.count", hint=hint, severity="warning")
