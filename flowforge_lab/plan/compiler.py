"""From a workflow to a plan, or to all that is wrong with it."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from pydantic import BaseModel

from flowforge_lab.errors import PlanError, Problem
from flowforge_lab.nodes import Registry
from flowforge_lab.spec import Edge, Retry, Workflow, digest

from . import checks
from .draft import Draft, Surroundings
from .model import Plan, Step

Check = Callable[[Draft], Iterator[Problem]]
_NEVER = Retry(attempts=1)
_GENTLE = Retry(attempts=3)


def validate(
    workflow: Workflow, registry: Registry, surroundings: Surroundings | None = None
) -> list[Problem]:
    """Return everything that is wrong with a workflow, errors first; empty if nothing is."""
    return _judge(Draft(workflow, registry, surroundings))


def compile_workflow(
    workflow: Workflow, registry: Registry, surroundings: Surroundings | None = None
) -> Plan:
    """Return the plan of a workflow.

    Raises:
        PlanError: with every problem that is an error; warnings are left out.
    """
    draft = Draft(workflow, registry, surroundings)
    errors = [problem for problem in _judge(draft) if problem.severity == "error"]
    if errors:
        raise PlanError(errors)
    return _bind(draft)


def _judge(draft: Draft) -> list[Problem]:
    found = [problem for check in _checks() for problem in check(draft)]
    order = {id: place for place, id in enumerate(draft.workflow.nodes)}
    return sorted(found, key=lambda one: (one.severity != "error", order.get(one.node, -1)))


@cache
def _checks() -> tuple[Check, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(checks.__path__))
    return tuple(importlib.import_module(f"{checks.__name__}.{name}").check for name in names)


def _bind(draft: Draft) -> Plan:
    leaving: dict[str, list[Edge]] = {id: [] for id in draft.types}
    coming: dict[str, list[Edge]] = {id: [] for id in draft.types}
    for edge in draft.edges:
        leaving[edge.source].append(edge)
        coming[edge.target].append(edge)
    steps = {
        id: _step(draft, id, ways=_ways(leaving[id]), incoming=coming[id]) for id in draft.types
    }
    return Plan(draft.workflow, digest(draft.workflow), steps, draft.shape, draft.slot_key)


def _step(
    draft: Draft, id: str, *, ways: Mapping[str, tuple[Edge, ...]], incoming: Sequence[Edge]
) -> Step:
    kind = draft.types[id]
    node = draft.workflow.nodes[id]
    compiled = draft.compiled[id]
    names = dict.fromkeys(str(field.path[0]) for field in compiled.fields)
    is_settled = compiled.is_constant and not compiled.secrets
    return Step(
        id=id,
        node=node,
        type=kind,
        compiled=compiled,
        raw=draft.configs[id],
        open=tuple(names),
        config=kind.config.model_validate(draft.configs[id]) if is_settled else None,
        inputs=_settled_inputs(kind.inputs),
        ways=ways,
        incoming=tuple(incoming),
        effects=kind.effects_with(draft.configs[id]),
        retry=node.retry or (_GENTLE if kind.is_retried(draft.configs[id]) else _NEVER),
        timeout=node.timeout or kind.timeout,
        on_crash=node.on_crash or ("rerun" if kind.is_safe_again(draft.configs[id]) else "fail"),
        each_turn=draft.each_turn.get(id),
    )


def _settled_inputs(inputs: type[BaseModel]) -> BaseModel | None:
    """Return the inputs of a type that has no fields and takes whatever comes, else `None`."""
    is_blind = not inputs.model_fields and inputs.model_config.get("extra") == "ignore"
    return inputs.model_validate({}) if is_blind else None


def _ways(leaving: Iterable[Edge]) -> dict[str, tuple[Edge, ...]]:
    ways: dict[str, tuple[Edge, ...]] = {}
    for edge in leaving:
        ways[edge.from_port] = (*ways.get(edge.from_port, ()), edge)
    return ways
