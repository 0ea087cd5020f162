"""The inputs a workflow declares make sense."""

from collections.abc import Iterator

from flowforge_lab.errors import PlanError, Problem
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import accept_inputs


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each name that no expression can say and each default of the wrong type."""
    for name, field in draft.workflow.inputs.items():
        if not name.isidentifier():
            text = f"{name!r} is no name an expression can say: letters, digits and '_'"
            yield Problem("input.name", text, field=f"inputs.{name}")
        if field.default is not None:
            yield from _default(draft, name, field.default)


def _default(draft: Draft, name: str, default: object) -> Iterator[Problem]:
    only = draft.workflow.model_copy(update={"inputs": {name: draft.workflow.inputs[name]}})
    try:
        accept_inputs(only, {name: default})
    except PlanError as error:
        for problem in error.problems:
            yield Problem("input.default", problem.message, field=f"inputs.{name}.default")
