"""Variables of the execution are set before they are read.

Those of workflow, user and project may have been set at any time and by anybody: they are not judged.
"""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.expressions import Reference
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean

_OURS = "flowforge_lab.nodes.builtin."
_SETTER = "action.set_variable"
_OPEN = "{{"
_SCOPE = ("vars", "execution")


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each variable of the execution that no node before sets.

    Nothing is said where that cannot be known: a node type from elsewhere may set any variable.
    """
    if any(not kind.run.__module__.startswith(_OURS) for kind in draft.types.values()):
        return
    setters = list(_setters(draft))
    if any(_OPEN in name for _, name in setters):
        return
    for id, compiled in draft.compiled.items():
        known = {name for setter, name in setters if draft.graph.reaches(setter, id)}
        for path, reference in compiled.references:
            name = _name(reference)
            if name and name not in known and not reference.is_optional:
                told = f"no node before sets the variable {name!r} at character {reference.offset + 1}"
                field = ".".join(["config", *map(str, path)])
                hint = did_you_mean(name, known) or f"write default(vars.execution.{name}, ...)"
                yield Problem("variable.unset", told, id, field, hint, severity="warning")


def _name(reference: Reference) -> str:
    """Return the name of the variable of the execution that is read; empty if it is none."""
    root, scope, *names = (*reference.path, "")
    return str(names[0]) if (root, scope) == _SCOPE else ""


def _setters(draft: Draft) -> Iterator[tuple[str, str]]:
    """Yield each node that sets a variable of the execution, and the variable's name."""
    for id, config in draft.configs.items():
        scope, name = config.get("scope", "execution"), config.get("name")
        is_setter = draft.workflow.nodes[id].kind_name == _SETTER
        if is_setter and isinstance(name, str) and (scope == "execution" or _OPEN in str(scope)):
            yield id, name
