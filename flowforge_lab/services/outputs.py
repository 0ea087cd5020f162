"""Outputs that somebody puts in the place of a node's own: such as the node could have given itself."""

from typing import Any

from pydantic import ValidationError

from flowforge_lab.engine import Payloads
from flowforge_lab.errors import NodeError, PlanError, Problem
from flowforge_lab.events import SeededVisit, Visit
from flowforge_lab.plan import Plan, Step
from flowforge_lab.spec import told_of


async def fitting_outputs(
    plan: Plan, visit: Visit | SeededVisit, value: Any, *, payloads: Payloads
) -> Any:
    """Return outputs for a visit in journal form; frames and big values are on disk when this returns.

    Those of a visit that failed may be anything, as what took their place was.

    Raises:
        PlanError: the node's type gives no such outputs; with a problem for each field.
    """
    step = plan.steps.get(visit.node) if visit.error is None else None
    return await fitting_form(step, visit.node, value, payloads=payloads)


async def fitting_form(step: Step | None, node: str, value: Any, *, payloads: Payloads) -> Any:
    """Return outputs of a node in journal form; without a step they may be anything.

    Raises:
        PlanError: the node's type gives no such outputs; with a problem for each field.
    """
    if step is not None:
        value = _validated(step.type.outputs, node, value)
    try:
        return (await payloads.pack(value)).form
    except NodeError as error:
        raise PlanError([Problem("edit.outputs", str(error), node)]) from error


def _validated(model: Any, node: str, value: Any) -> Any:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = [
            Problem(
                "edit.outputs",
                told_of(found, shows_value=False),
                node,
                ".".join(["outputs", *map(str, found["loc"])]),
            )
            for found in error.errors(include_url=False)
        ]
        raise PlanError(problems) from error
