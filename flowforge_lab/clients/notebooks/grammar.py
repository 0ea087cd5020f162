"""Which method of the reader reads which part of Python; what is not named here is read part by part."""

import ast
from collections.abc import Sequence
from typing import Any

from .surroundings import CALM, TABLES, Kind

STATEMENTS: dict[type[ast.AST], str] = {
    ast.Assign: "_assign",
    ast.AnnAssign: "_assign_typed",
    ast.AugAssign: "_add_to",
    ast.For: "_loop",
    ast.With: "_with",
    ast.Delete: "_delete",
    ast.Import: "_define",
    ast.ImportFrom: "_define",
    ast.FunctionDef: "_define",
    ast.ClassDef: "_define",
    ast.Global: "_outer_names",
    ast.Nonlocal: "_outer_names",
    ast.AsyncFunctionDef: "_define",
    ast.AsyncFor: "_loop",
    ast.AsyncWith: "_with",
    ast.If: "_blocks",
    ast.While: "_blocks",
    ast.Try: "_blocks",
    ast.TryStar: "_blocks",
    ast.ExceptHandler: "_caught",
    ast.Match: "_blocks",
    ast.match_case: "_blocks",
    ast.MatchAs: "_caught",
    ast.MatchStar: "_caught",
}
VALUES: dict[type[ast.AST], str] = {
    ast.Constant: "_constant",
    ast.JoinedStr: "_text",
    ast.Name: "_name",
    ast.Attribute: "_attribute",
    ast.Call: "_call",
    ast.Lambda: "_lambda",
    ast.Subscript: "_part",
    ast.NamedExpr: "_named",
    ast.ListComp: "_comprehension",
    ast.SetComp: "_comprehension",
    ast.GeneratorExp: "_comprehension",
    ast.DictComp: "_comprehension",
    ast.Await: "_wait",
    ast.Yield: "_wait",
    ast.YieldFrom: "_wait",
}


def arguments(function: Any) -> dict[str, Kind]:
    """Return the names of a function's parameters; what it is called with is looked at there."""
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [one.arg for one in (given.vararg, given.kwarg) if one is not None]
    return dict.fromkeys(names, "plain")


def names_in(node: ast.AST) -> frozenset[str]:
    """Return every name that stands in a piece of Python."""
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def outer_names(comprehension: ast.AST) -> frozenset[str]:
    """Return the names that a comprehension sets where it stands."""
    named = (part.target for part in ast.walk(comprehension) if isinstance(part, ast.NamedExpr))
    return frozenset(one.id for one in named)


def bound_names(target: ast.AST) -> frozenset[str]:
    """Return the names that a target of an assignment sets themselves."""
    match target:
        case ast.Name(id=name):
            return frozenset((name,))
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return frozenset().union(*map(bound_names, parts))
        case ast.Starred(value=part):
            return bound_names(part)
    return frozenset()


def names_of_one(targets: Sequence[ast.expr], value: ast.expr) -> frozenset[str]:
    """Return the names that an assignment sets to one value or parts of it, if there are several."""
    if isinstance(value, ast.Tuple | ast.List) and len(targets) == 1:
        return frozenset()
    found = frozenset().union(*map(bound_names, targets))
    return found if len(found) > 1 else frozenset()


def is_empty(value: ast.AST | None) -> bool:
    """Whether a new list or dict without anything in it is written there."""
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
    return False


def is_new(node: ast.AST, kinds: set[Kind]) -> bool:
    """Whether calculating makes something new: lists that are added or repeated share what is in them."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        return "plain" not in kinds
    return isinstance(node, ast.BinOp | ast.Compare | ast.UnaryOp)


def joined(kinds: set[Kind], *, is_new: bool, is_container: bool) -> Kind:
    """Return of what kind something is that is made of others; calculating makes something new."""
    if kinds & {"unknown", "file", "module"}:
        return "unknown"
    if "path" in kinds and kinds <= {"path", "scalar"}:
        return "path"
    if kinds <= {"scalar"} and not is_container:
        return "scalar"
    if is_new and kinds & {*TABLES}:
        return "piece"
    return "fresh" if is_new or kinds <= {*CALM} else "plain"
