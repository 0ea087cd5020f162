"""Breakpoints, looked over before anything stops at them."""

import contextlib
from collections.abc import Iterator, Mapping

from flowforge_lab.errors import ExpressionError, NotFoundError
from flowforge_lab.expressions import compile_condition
from flowforge_lab.plan import Plan
from flowforge_lab.spec import did_you_mean


def refuse_breakpoints(plan: Plan, breakpoints: Mapping[str, str]) -> None:
    """Do nothing if all breakpoints, conditions by node, can stop an execution of the plan.

    Raises:
        NotFoundError: there is no such node, or nothing comes before it.
        ExpressionError: a condition is none; it says at which character.
    """
    for node, condition in breakpoints.items():
        step = plan.steps.get(node)
        if step is None:
            near = did_you_mean(node, plan.steps) or f"it has: {', '.join(plan.steps)}"
            msg = f"breakpoints: {plan.workflow.id} has no node {node!r}; {near}"
            raise NotFoundError(msg)
        if step.type.is_trigger:
            msg = (
                f"breakpoints: {node!r} is a trigger, nothing comes before it; name one behind it"
            )
            raise NotFoundError(msg)
        if condition:
            with _placed(node):
                _refuse_condition(plan, condition)


def first_breakpoints(plan: Plan, trigger: str) -> dict[str, str]:
    """Return breakpoints at all that comes right behind a trigger."""
    ways = plan.steps[trigger].ways if trigger else plan.triggers[0].ways
    return {edge.target: "" for edges in ways.values() for edge in edges}


def _refuse_condition(plan: Plan, condition: str) -> None:
    for _path, reference in compile_condition(condition).references:
        root, *names = (str(key) for key in reference.path)
        if root == "nodes" and names and names[0] not in plan.steps:
            near = did_you_mean(names[0], plan.steps)
            msg = f"no node {names[0]!r}" + (f"; {near}" if near else "")
            raise ExpressionError(msg, condition, reference.offset)


@contextlib.contextmanager
def _placed(node: str) -> Iterator[None]:
    try:
        yield
    except ExpressionError as error:
        raise ExpressionError(
            error.message, error.source, error.offset, field=f"breakpoints.{node}"
        ) from error
