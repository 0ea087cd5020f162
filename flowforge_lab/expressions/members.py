"""Names behind a dot that can be judged without a value: of modules, of literals, of what is called.

What Python itself knows counts as known, also where the sandbox lacks it today: a name that may work must
never be told as one that cannot.
"""

import ast
import json
import math
import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import GeneratorType
from typing import Any

import msgspec

from .lookup import Key
from .paths import find_path
from .syntax import Positions
from .words import FUNCTIONS, MODULES


def _public(*owners: Any) -> frozenset[str]:
    return frozenset(name for one in owners for name in dir(one) if not name.startswith("_"))


_MODULES: dict[str, frozenset[str]] = {
    "datetime": _public(datetime),
    "date": _public(date),
    "time": _public(time),
    "timedelta": _public(timedelta),
    "timezone": _public(timezone),
    "json": _public(json),
    "math": _public(math) | {"cbrt", "exp2", "fma", "sumprod"},  # younger than some Pythons
    "re": _public(re) | {"NOFLAG", "PatternError"},
}
_TYPES: dict[str, frozenset[str]] = {
    "text": _public(str),
    "bytes": _public(bytes),
    "a number": _public(int, float, Decimal),
    "True or False": _public(bool),
    "None": _public(None),
    "a time": _public(datetime),
}
_CONTAINERS = _public(list, dict, set, frozenset, tuple, range, GeneratorType)
_OTHERS = _public(re.Match, re.Pattern, date, time, timedelta, timezone)
MEMBERS = {
    **_MODULES,
    **_TYPES,
    "": _CONTAINERS | _OTHERS | frozenset[str]().union(*_MODULES.values(), *_TYPES.values()),
}
"""The names there are by what they belong to; by `""` those that anything has."""
_LITERALS: dict[type, str] = {
    str: "text",
    bytes: "bytes",
    int: "a number",
    float: "a number",
    bool: "True or False",
    type(None): "None",
}


class Member(msgspec.Struct, frozen=True):
    """A name behind a dot, at the character `offset`, of an owner that `MEMBERS` knows.

    The owner is `""` where nobody knows what stands before the dot: then the name is one that is called.
    Where that is a path, `path` is it. `is_optional` says that it stands in `default()`.
    """

    owner: str
    name: str
    offset: int
    is_called: bool
    is_optional: bool
    path: tuple[Key, ...] = ()

    def shifted(self, by: int) -> "Member":
        """Return the same in a text that has `by` more characters before it."""
        return msgspec.structs.replace(self, offset=self.offset + by)


def find_members(tree: ast.expr, source: str) -> tuple[Member, ...]:
    """Return the names in `tree` that belong to an owner that can be judged, or are called."""
    if "." not in source:
        return ()
    finder = _Finder(tree, source)
    finder.visit(tree)
    return tuple(finder.members)


class _Finder(ast.NodeVisitor):
    def __init__(self, tree: ast.expr, source: str) -> None:
        self.members: list[Member] = []
        self._positions = Positions(source)
        self._bound = _names_bound_in(tree)
        self._is_optional = False
        self._anchor: ast.expr | None = None

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            self._note(node.func, is_called=True)
            self.visit(node.func.value)
        else:
            self.visit(node.func)
        outer, is_default = self._is_optional, self._calls(node, "default")
        for place, argument in enumerate([*node.args, *node.keywords]):
            self._is_optional = outer or (is_default and place == 0)
            self.visit(argument)
        self._is_optional = outer

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._note(node, is_called=False)
        self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        outer, self._anchor = self._anchor, self._anchor or node
        self.generic_visit(node)
        self._anchor = outer

    def _note(self, node: ast.Attribute, *, is_called: bool) -> None:
        owner = self._owner(node.value)
        if owner or is_called:
            path = () if owner else self._path(node.value)
            end = self._positions.end(node) - len(node.attr)
            offset = end if self._anchor is None else self._positions.start(self._anchor)
            self.members.append(
                Member(owner, node.attr, offset, is_called, self._is_optional, path)
            )

    def _owner(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return node.id if node.id in MODULES - self._bound else ""
        if isinstance(node, ast.Constant):
            return _LITERALS.get(type(node.value), "")
        if isinstance(node, ast.JoinedStr):
            return "text"
        return "a time" if self._calls(node, "now") else ""

    def _path(self, node: ast.expr) -> tuple[Key, ...]:
        """Return the path that `node` is, whose root the engine gives; else an empty one."""
        found = find_path(node, self._positions)
        known = found is not None and found.path[0] not in self._bound | MODULES | FUNCTIONS
        return found.path if found is not None and known else ()

    def _calls(self, node: ast.expr, name: str) -> bool:
        called = node.func if isinstance(node, ast.Call) else None
        return isinstance(called, ast.Name) and called.id == name and name not in self._bound


def _names_bound_in(tree: ast.expr) -> frozenset[str]:
    """Return the names that functions and comprehensions bind, wherever they do."""
    nodes = list(ast.walk(tree))
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    stored = {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return frozenset(arguments | stored)
