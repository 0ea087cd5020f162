"""The names an expression may use: roots of the scope, functions and modules."""

import difflib
from collections.abc import Iterable

ROOTS = frozenset(
    {"input", "nodes", "trigger", "inputs", "vars", "execution", "item", "index", "secrets"}
)
"""What the engine puts into a scope, and `secrets`, which is filled in last."""

VARIABLE_SCOPES = ("execution", "workflow", "user", "project")

MODULES = frozenset({"datetime", "timedelta", "date", "time", "timezone", "json", "math", "re"})
"""Modules and, of `datetime`, the classes themselves: `datetime(2026, 1, 31)`, `timedelta(days=1)`."""

FUNCTIONS = frozenset(
    {
        *("len", "str", "int", "float", "bool", "list", "dict", "set", "tuple", "bytes"),
        *(
            "sum",
            "min",
            "max",
            "sorted",
            "reversed",
            "any",
            "all",
            "round",
            "abs",
            "divmod",
            "pow",
        ),
        *("range", "enumerate", "zip", "map", "filter", "isinstance", "repr", "format"),
        *("ord", "chr", "hex", "bin", "frozenset"),
        *("now", "default"),
    }
)

_OTHER_LANGUAGES = {
    "true": "True",
    "false": "False",
    "null": "None",
    "none": "None",
    "nil": "None",
    "undefined": "None",
    "env": "inputs, vars or secrets",
    "node": "nodes.<id>",
    "variables": "vars.<scope>.<name>",
    "payload": "input or trigger",
}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?`, or a short list of what there is, or nothing if there is nothing."""
    names = sorted(str(one) for one in known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    if not names:
        return ""
    shown = ", ".join(names[:8])
    return f"; there is: {shown}{', ...' if len(names) > 8 else ''}"  # noqa: PLR2004  # a line's worth


def unknown_name(name: str, roots: Iterable[str]) -> str:
    """Return the sentence that tells an author that `name` means nothing here."""
    if name in _OTHER_LANGUAGES:
        return f"unknown name {name!r}; write {_OTHER_LANGUAGES[name]}"
    known = [*roots, *MODULES, *FUNCTIONS]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(roots))}"
    return f"unknown name {name!r}{hint}"
