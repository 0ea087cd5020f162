"""How many executions run at once, counted by a key that is known before they start."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.expressions import Compiled
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean

_KNOWN = ("trigger", "inputs")
_FIELD = "settings.concurrency.key"


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for a key that cannot be evaluated when an execution starts."""
    key = draft.slot_key
    if key is None:
        return
    for _, error in key.problems:
        yield Problem("concurrency.key", str(error), field=_FIELD)
    if key.secrets:
        text = "a key stands in the journal, so it cannot hold a secret"
        yield Problem("concurrency.key", text, field=_FIELD)
    for name in sorted(key.names - set(_KNOWN)):
        hint = did_you_mean(name, _KNOWN) or "it may use trigger and inputs"
        text = f"{name!r} is not known before an execution starts"
        yield Problem("concurrency.key", text, field=_FIELD, hint=hint)
    yield from _inputs(key, draft)


def _inputs(key: Compiled, draft: Draft) -> Iterator[Problem]:
    known = draft.workflow.inputs
    for _, reference in key.references:
        path = [str(part) for part in reference.path]
        if path[0] == "inputs" and len(path) > 1 and path[1] not in known:
            hint = did_you_mean(path[1], known) or f"it has: {', '.join(known) or 'none'}"
            text = f"the workflow has no input {path[1]!r}"
            yield Problem("concurrency.key", text, field=_FIELD, hint=hint)
