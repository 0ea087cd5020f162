"""What runs at the end of every execution, and when one fails."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Callees, Draft
from flowforge_lab.spec import Workflow, did_you_mean

FAILURE_FACTS = ("execution_id", "workflow_id", "name", "error", "failed_node", "started_at")
"""What an error workflow is told."""
_FINALLY = "settings.finally"
_ON_ERROR = "settings.on_error"


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for a last branch that cannot begin, and for an error workflow that is not there."""
    yield from _judge_finally(draft)
    on_error = draft.workflow.settings.on_error
    if on_error and draft.callees is not None and on_error != draft.workflow.id:
        yield from _judge_error_workflow(draft, on_error, draft.callees)


def _judge_finally(draft: Draft) -> Iterator[Problem]:
    first = draft.workflow.settings.finally_
    if not first:
        return
    if first not in draft.workflow.nodes:
        hint = did_you_mean(first, draft.workflow.nodes)
        yield Problem("finally.node", f"there is no node {first!r}", field=_FINALLY, hint=hint)
    elif draft.workflow.nodes[first].kind_name.startswith("trigger."):
        text = f"{first!r} is a trigger, and starts executions"
        hint = "name the first node of what shall run at the end"
        yield Problem("finally.node", text, field=_FINALLY, hint=hint)
    elif first in draft.main_part:
        text = f"{first!r} runs in the main part already: an edge leads to it"
        hint = "the last branch begins with a node of its own"
        yield Problem("finally.node", text, field=_FINALLY, hint=hint)


def _judge_error_workflow(draft: Draft, id: str, callees: Callees) -> Iterator[Problem]:
    if id not in callees:
        is_certain = draft.surroundings.has_all_workflows
        hint = did_you_mean(id, callees)
        text = f"there is no workflow {id!r}"
        yield Problem(
            "workflow.unknown",
            text,
            field=_ON_ERROR,
            hint=hint,
            severity="error" if is_certain else "warning",
        )
        return
    yield from _unmet(id, callees[id])


def _unmet(id: str, workflow: Workflow | None) -> Iterator[Problem]:
    """An error workflow gets facts by name, and nothing else."""
    inputs = {} if workflow is None else workflow.inputs
    for name, field in inputs.items():
        if field.required and field.default is None and name not in FAILURE_FACTS:
            text = f"{id!r} requires the input {name!r}, which it will not get"
            hint = f"an error workflow may take: {', '.join(FAILURE_FACTS)}"
            yield Problem("workflow.inputs", text, field=_ON_ERROR, hint=hint)
