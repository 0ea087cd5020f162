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
    nodes = draft.workflow.nodes.values()
    triggers = [node for node in nodes if node.kind_name.startswith("trigger.")]
    if triggers and all(node.disabled for node in triggers):
        text = "every trigger is disabled: nothing can start this workflow"
        yield Problem("trigger.disabled", text, hint="enable one, or add another")
    if not triggers:
        hint = "add one, such as trigger.manual, and lead it to the first node"
        yield Problem("trigger.missing", "no trigger: nothing can start this workflow", hint=hint)
