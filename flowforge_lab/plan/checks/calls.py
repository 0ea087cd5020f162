"""Workflows that others call are there, and get the inputs they ask for."""

from collections.abc import Iterator, Mapping

from flowforge_lab.errors import PlanError, Problem
from flowforge_lab.plan.draft import Callees, Draft
from flowforge_lab.spec import Workflow, accept_inputs, did_you_mean


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each call of a workflow that is not there, does not fit, or never ends."""
    for id, kind in draft.types.items():
        name = draft.configs[id].get(kind.calls) if kind.calls else None
        if not isinstance(name, str) or not name:
            continue
        if name == draft.workflow.id:
            yield from _judge_inputs(draft, id, draft.workflow)
            yield from _judge_recursion(draft, id)
        elif draft.callees is not None:
            yield from _judge_call(draft, id, name=name, callees=draft.callees)


def _judge_call(draft: Draft, id: str, *, name: str, callees: Callees) -> Iterator[Problem]:
    field = f"config.{draft.types[id].calls}"
    if name not in callees:
        is_certain = draft.surroundings.has_all_workflows
        hint = did_you_mean(name, callees)
        text = f"there is no workflow {name!r}"
        yield Problem(
            "workflow.unknown",
            text,
            id,
            field,
            hint,
            severity="error" if is_certain else "warning",
        )
        return
    callee = callees[name]
    if callee is not None:
        yield from _judge_inputs(draft, id, callee)


def _judge_inputs(draft: Draft, id: str, callee: Workflow) -> Iterator[Problem]:
    """What is written out is checked now; what an expression gives, when it is called."""
    given = draft.configs[id].get("inputs", {})
    if not isinstance(given, Mapping):
        return
    open_names = {field.path[1] for field in draft.compiled[id].fields if len(field.path) > 1}
    open_names = {name for name in open_names if name in given}
    closed = {name: value for name, value in given.items() if name not in open_names}
    asked = {name: one for name, one in callee.inputs.items() if name not in open_names}
    try:
        accept_inputs(callee.model_copy(update={"inputs": asked}), closed)
    except PlanError as error:
        for problem in error.problems:
            yield _told(problem, id, callee)
    for name in sorted(map(str, open_names - set(callee.inputs))):
        yield _unknown(name, id, callee)


def _told(problem: Problem, id: str, callee: Workflow) -> Problem:
    name = problem.field.removeprefix("inputs.")
    if name not in callee.inputs:
        return _unknown(name, id, callee)
    text = f"{callee.id!r} has an input {name!r}: {problem.message}"
    return Problem("workflow.inputs", text, id, f"config.inputs.{name}", problem.hint)


def _unknown(name: str, id: str, callee: Workflow) -> Problem:
    has = ", ".join(callee.inputs) or "none"
    text = f"{callee.id!r} has no input {name!r}; it has: {has}"
    hint = did_you_mean(name, callee.inputs)
    return Problem("workflow.inputs", text, id, f"config.inputs.{name}", hint)


def _judge_recursion(draft: Draft, id: str) -> Iterator[Problem]:
    field = f"config.{draft.types[id].calls}"
    if id in _always_run(draft):
        text = "the workflow calls itself in every execution, until it is too deep"
        hint = "put a condition before it"
        yield Problem("workflow.recursion", text, id, field, hint, severity="warning")
    slots = draft.workflow.settings.concurrency
    waits = draft.configs[id].get("wait", True) is not False
    if slots and waits and slots.limit == 1 and not slots.key and slots.on_limit == "queue":
        text = "it waits for an execution that waits for its turn until this one is over"
        hint = "raise settings.concurrency.limit, or set wait: false"
        yield Problem("workflow.recursion", text, id, field, hint, severity="warning")


def _always_run(draft: Draft) -> frozenset[str]:
    """Return nodes that certainly run unless something fails: no choice stands before them."""
    ahead = [id for id, kind in draft.types.items() if kind.is_trigger]
    found: set[str] = set()
    if len(ahead) != 1:
        return frozenset()
    while ahead:
        id = ahead.pop()
        kind = draft.types.get(id)
        if id in found or kind is None:
            continue
        found.add(id)
        if len(draft.gives(id)) == 2 and not kind.joins:  # noqa: PLR2004  # one way out, and the error port
            ahead += [
                edge.target
                for edge in draft.sound_edges
                if edge.source == id and edge.from_port != "error"
            ]
    return frozenset(found)
