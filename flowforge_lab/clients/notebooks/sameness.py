"""Values that an edge would not give back as they were: one thing several times in them, or odd types."""

import ast
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .grammar import names_in
from .pure_names import words
from .surroundings import Surroundings

_CONTAINERS = (ast.List, ast.Tuple, ast.Dict, ast.Set)
_FILLING_TYPES = words("int float str list dict set bool")
_MADE_ANEW = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, *_CONTAINERS)


def holds_twice(node: ast.expr, notebook: Surroundings) -> bool:
    """Whether a value may hold one and the same list, dict or table several times."""
    match node:
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return any(
                _may_change(part, notebook) for one in (left, right) for part in _parts(one)
            )
        case ast.ListComp(elt=made) | ast.DictComp(value=made):
            own = frozenset().union(*(names_in(part.target) for part in node.generators))
            return any(part.id not in own for part in _names(made, notebook))
        case ast.List() | ast.Tuple() | ast.Dict():
            met = Counter(part.id for part in _names(node, notebook))
            return any(number > 1 for number in met.values()) or _share(met, notebook)
    return False


def fills_with_one(call: ast.Call, notebook: Surroundings) -> bool:
    """Whether a call is one of `dict.fromkeys` with something that may change later."""
    is_filling = isinstance(call.func, ast.Attribute) and call.func.attr == "fromkeys"
    return is_filling and any(_may_change(part, notebook) for part in call.args[1:])


def holds_function(call: ast.Call, notebook: Surroundings) -> bool:
    """Whether a call makes a defaultdict that fills itself by a function other than those of Python."""
    match call.args:
        case [ast.Constant(), *_] | []:
            return False
        case [ast.Name(id=name), *_]:
            return name not in _FILLING_TYPES or name in notebook.kinds.keys() | notebook.defined()
    return True


def is_held_by(value: ast.AST, name: str) -> bool:
    """Whether what a name stands for lies in a value as it is."""
    if isinstance(value, ast.Name):
        return value.id == name
    if not isinstance(value, _CONTAINERS):
        return False
    return any(is_held_by(part, name) for part in ast.iter_child_nodes(value))


def has_odd_type(call: ast.Call) -> bool:
    """Whether a call makes arrays of a type that is not one of numbers, texts or times."""
    types = [one.value for one in call.keywords if one.arg == "dtype"]
    return any(isinstance(one, ast.List | ast.Dict | ast.Call) for one in types)


def bound_inside(function: Any) -> frozenset[str]:
    """Return the names that a function has for itself."""
    parts = list(ast.walk(function))
    outer = {name for part in parts if isinstance(part, ast.Global) for name in part.names}
    stored = (part for part in parts if isinstance(part, ast.Name))
    bound = {part.id for part in stored if isinstance(part.ctx, ast.Store)}
    taken = {part.arg for part in parts if isinstance(part, ast.arg)}
    return frozenset((bound - outer) | taken)


def _share(names: Iterable[str], notebook: Surroundings) -> bool:
    wanted = set(names)
    return any(len(notebook.sharing({name}) & wanted) > 1 for name in wanted)


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.List | ast.Tuple) else []


def _may_change(node: ast.expr, notebook: Surroundings) -> bool:
    """Whether an expression gives something that may change: a new list, or what a name stands for."""
    if isinstance(node, ast.BinOp):
        return _may_change(node.left, notebook) or _may_change(node.right, notebook)
    return isinstance(node, _MADE_ANEW) or bool(_names(node, notebook))


def _names(node: ast.AST, notebook: Surroundings) -> list[ast.Name]:
    """Return the names whose values lie in a value as they are, if these may change."""
    if isinstance(node, ast.Name):
        is_firm = notebook.kind_of(node.id) in {"scalar", "module"}
        return [] if is_firm or notebook.is_definition(node.id) else [node]
    if not isinstance(node, _CONTAINERS):
        return []
    return [one for part in ast.iter_child_nodes(node) for one in _names(part, notebook)]
