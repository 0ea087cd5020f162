"""From a workflow to a plan, or to all that is wrong with it."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache

from flowforge_lab.errors import PlanError, Problem
from flowforge_lab.nodes import NodeType, Registry
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
    steps = {id: _step(draft, id, kind) for id, kind in draft.types.items()}
    return Plan(draft.workflow, digest(draft.workflow), steps, draft.descendants)


def _step(draft: Draft, id: str, kind: NodeType) -> Step:
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
        ways=_ways(draft, id),
        incoming=tuple(edge for edge in draft.edges if edge.target == id),
        retry=node.retry or _usual_retry(kind),
        timeout=node.timeout or kind.timeout,
        on_crash=node.on_crash or _usual_on_crash(kind),
        variables=_variables(compiled),
    )


def _ways(draft: Draft, id: str) -> dict[str, tuple[Edge, ...]]:
    ways: dict[str, tuple[Edge, ...]] = {}
    for edge in draft.workflow.edges():
        if edge.source == id:
            ways[edge.from_port] = (*ways.get(edge.from_port, ()), edge)
    return ways


def _variables(compiled: Compiled) -> tuple[tuple[str, str], ...]:
    paths = [reference.path for _, reference in compiled.references]
    named = (path for path in paths if path[0] == "vars" and len(path) > 2)  # noqa: PLR2004  # vars.scope.name
    return tuple(dict.fromkeys((str(path[1]), str(path[2])) for path in named))


def _usual_retry(kind: NodeType) -> Retry:
    return _GENTLE if kind.effects == "reads" else _NEVER


def _usual_on_crash(kind: NodeType) -> str:
    return "rerun" if kind.effects != "writes" or kind.is_idempotent else "fail"
