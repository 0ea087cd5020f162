"""The names an expression may use beside those of its scope, and hints for the others."""

from collections.abc import Iterable

from flowforge_lab.spec import did_you_mean

ROOTS = (
    *("input", "inputs", "nodes", "trigger", "vars", "execution", "item", "index", "result"),
    *("waits", "secrets"),
)
"""What the engine puts into a scope (`result` only between two turns), and `secrets`, filled in last."""

VARIABLE_SCOPES = ("execution", "workflow", "user", "project")

MODULES = frozenset({"datetime", "timedelta", "date", "time", "timezone", "json", "math", "re"})
"""Modules and, of `datetime`, the classes themselves: `date(2026, 1, 31)`, `timedelta(days=1)`."""

FUNCTIONS = frozenset(
    {
        *("len", "str", "int", "float", "bool", "list", "dict", "set", "tuple", "bytes"),
        *("sum", "min", "max", "sorted", "reversed", "any", "all", "round", "abs", "divmod"),
        *("range", "enumerate", "zip", "map", "filter", "isinstance", "repr", "format"),
        *("pow", "ord", "chr", "hex", "bin", "frozenset", "now", "default"),
    }
)

_MAX_SHOWN = 8
_OTHER_LANGUAGES = {
    "true": "True",
    "false": "False",
    "null": "None",
    "none": "None",
    "nil": "None",
    "undefined": "None",
}


def hint(name: str, known: Iterable[object]) -> str:
    """Return `; did you mean 'x'?`, else what there is, shortened; empty if there is nothing."""
    names = sorted(str(one) for one in known)
    near = did_you_mean(name, names)
    if near:
        return f"; {near}"
    shown = ", ".join(names[:_MAX_SHOWN])
    return f"; there is: {shown}{', ...' * (len(names) > _MAX_SHOWN)}" if names else ""


def unknown_name(name: str) -> str:
    """Return the sentence that tells an author that `name` means nothing here."""
    if name in _OTHER_LANGUAGES:
        return f"unknown name {name!r}; write {_OTHER_LANGUAGES[name]}"
    near = did_you_mean(name, [*ROOTS, *MODULES, *FUNCTIONS])
    return f"unknown name {name!r}; {near or 'known are: ' + ', '.join(ROOTS[:6]) + ', now()'}"
