"""What is different between an execution as it was and as it would be: path, outputs, errors, requests."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

import msgspec

from flowforge_lab.engine import Mark, mark_of
from flowforge_lab.events import ErrorDetail, ExecutionState, Visit
from flowforge_lab.plan import Plan

from .staging import acts_outside

What = Literal["status", "path", "output", "error", "request", "result"]
RESULT = "(result)"


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as it was; `before` and `after` are in journal form.

    `status`, `error` and `result` without a `node` are those of the execution. `path`: a visit that was not
    made before, is not made now, or left by another port. `request`: what a step that acts outside would ask
    of others. `visit` tells visits of a node apart: `each[2]/send` is the one in the third turn of `each`.
    """

    what: What
    node: str
    visit: str
    before: Any
    after: Any


class Version(msgspec.Struct, frozen=True):
    """One side of a comparison: a state, and the plan it came of, if that can still be had."""

    state: ExecutionState
    plan: Plan | None

    def visits(self) -> dict[Mark, Visit]:
        """Return the visits by their marks, in the order in which they began."""
        state = self.state
        return {mark_of(state, visit): visit for visit in state.visits.values()}

    def request(self, visit: Visit) -> dict[str, Any] | None:
        """Return what a visit asks of the outside; `None` where it asks nothing, or nobody knows."""
        step = self.plan.steps.get(visit.node) if self.plan is not None else None
        if step is None or step.type.is_trigger or not acts_outside(step):
            return None
        return {**step.raw, **visit.config}


def compare(before: Version, after: Version, *, ignore: Collection[str] = ()) -> list[Difference]:
    """Return all that is different; of nodes in `ignore` only their path and their errors.

    `RESULT` among them leaves out the result of the execution.
    """
    return [*_ends(before.state, after.state, ignore), *_steps(before, after, ignore)]


def _ends(
    before: ExecutionState, after: ExecutionState, ignore: Collection[str]
) -> Iterator[Difference]:
    then, now = before.finished, after.finished
    statuses = before.status, after.status if now is not None else "waiting"
    if statuses[0] != statuses[1]:
        yield Difference("status", "", "", *statuses)
    errors = (_told(then.error if then else None), _told(now.error if now else None))
    if errors[0] != errors[1]:
        yield Difference("error", "", "", *errors)
    results = then and then.result, now and now.result
    if results[0] != results[1] and RESULT not in ignore:
        yield Difference("result", "", "", *results)


def _steps(before: Version, after: Version, ignore: Collection[str]) -> Iterator[Difference]:
    then, now = before.visits(), after.visits()
    for mark in dict.fromkeys((*then, *now)):
        old, new = then.get(mark), now.get(mark)
        facts = _facts(before, old), _facts(after, new)
        for what in ("path", "request", "output", "error"):
            values = facts[0].get(what), facts[1].get(what)
            is_told = what in {"path", "error"} or (old and new and mark.node not in ignore)
            if is_told and values[0] != values[1]:
                yield Difference(what, mark.node, str(mark), *values)


def _facts(version: Version, visit: Visit | None) -> Mapping[What, Any]:
    if visit is None:
        return {}
    way = visit.port if visit.status == "succeeded" or visit.is_handled else visit.status
    return {
        "path": way,
        "request": version.request(visit),
        "output": visit.outputs,
        "error": _told(visit.error),
    }


def _told(error: ErrorDetail | None) -> dict[str, Any] | None:
    """Return what tells an error from another one; the text of its detail may name times and places."""
    return None if error is None else {"type": error.type, "title": error.title}
