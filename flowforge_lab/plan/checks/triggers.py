"""A workflow needs something that starts it."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem if there is no node or no trigger, and one for each edge into a trigger."""
    if not draft.workflow.nodes:
        yield Problem(
            "workflow.empty", "has no nodes", hint="add a trigger, such as trigger.manual"
        )
        return
    kinds = [node.kind_name for node in draft.workflow.nodes.values()]
    if not any(kind.startswith("trigger.") for kind in kinds):
        hint = "add one, such as trigger.manual, and lead it to the first node"
        yield Problem("trigger.missing", "no trigger: nothing can start this workflow", hint=hint)
