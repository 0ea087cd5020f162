"""The value of a formula over a table: its checked tree, walked, with no text evaluated by anybody.

Only workers import this file, for pandas.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .formulas import Formula, parse_formula

_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "exp": np.exp,
    "floor": np.floor,
    "log": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
}
_DATE_PARTS = {"dayofweek": "day_of_week"}  # what pandas calls it since 3.1


def computed(frame: pd.DataFrame, text: str, parameters: Mapping[str, Any]) -> Any:
    """Return what the formula gives: mostly a column, or one value if it names no column.

    Raises:
        ValueError: the formula holds what it may not, or a name that is not there.
    """
    formula = parse_formula(text)
    with np.errstate(all="ignore"):
        return _Evaluation(frame, formula, parameters).value(formula.tree)


class _Evaluation:
    def __init__(
        self, frame: pd.DataFrame, formula: Formula, parameters: Mapping[str, Any]
    ) -> None:
        self._frame = frame
        self._formula = formula
        self._parameters = parameters

    def value(self, node: ast.expr) -> Any:
        steps: Mapping[type[ast.expr], Callable[[Any], Any]] = {
            ast.Attribute: self._date_part,
            ast.BinOp: self._calculated,
            ast.BoolOp: self._joined,
            ast.Call: self._called,
            ast.Compare: self._compared,
            ast.Constant: lambda node: node.value,
            ast.List: self._listed,
            ast.Name: self._named,
            ast.Tuple: self._listed,
            ast.UnaryOp: lambda node: _signed(node.op, self.value(node.operand)),
        }
        return steps[type(node)](node)

    def _listed(self, node: ast.List | ast.Tuple) -> list[Any]:
        return [self.value(part) for part in node.elts]

    def _joined(self, node: ast.BoolOp) -> Any:
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return reduce(join, map(self.value, node.values))

    def _calculated(self, node: ast.BinOp) -> Any:
        return _arithmetic(node.op, self.value(node.left), self.value(node.right))

    def _compared(self, node: ast.Compare) -> Any:
        values = map(self.value, [node.left, *node.comparators])
        return reduce(operator.and_, map(_compared, node.ops, pairwise(values)))

    def _date_part(self, node: ast.Attribute) -> Any:
        match node.value:
            case ast.Attribute(value=parent):
                return getattr(self._column(parent).dt, _DATE_PARTS.get(node.attr, node.attr))
        msg = f"no {node.attr!r} in a formula"
        raise ValueError(msg)

    def _named(self, node: ast.Name) -> Any:
        found = self._formula.named(node)
        known: Any = self._frame if found.kind == "column" else self._parameters
        if found.name not in known:
            sign = "" if found.kind == "column" else "@"
            msg = f"no {found.kind} {sign}{found.name}"
            raise ValueError(msg)
        return known[found.name]

    def _column(self, node: ast.expr) -> Any:
        value = self.value(node)
        if isinstance(value, pd.Series):
            return value
        msg = f"expected a column before the dot, found {type(value).__name__}"
        raise TypeError(msg)

    def _called(self, node: ast.Call) -> Any:
        arguments = [self.value(part) for part in node.args]
        named = {word.arg: self.value(word.value) for word in node.keywords if word.arg}
        match node.func:
            case ast.Name(id=name):
                return _FUNCTIONS[name](*arguments)
            case ast.Attribute(attr=name, value=ast.Attribute(attr="str", value=parent)):
                return getattr(self._column(parent).str, name)(*arguments, **named)
            case ast.Attribute(attr=name, value=parent):
                return getattr(self._column(parent), name)(*arguments, **named)
        msg = "this cannot be called in a formula"
        raise ValueError(msg)


def _signed(op: ast.unaryop, value: Any) -> Any:
    match op:
        case ast.USub():
            return -value
        case ast.UAdd():
            return +value
    return not value if isinstance(value, bool) else ~value


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    if not isinstance(op, ast.Add) and any(isinstance(v, str | list) for v in (left, right)):
        msg = f"cannot calculate with {type(left).__name__} and {type(right).__name__}"
        raise TypeError(msg)
    if isinstance(op, ast.Pow):
        left, right = _finite(left), _finite(right)
    return _ARITHMETIC[type(op)](left, right)


def _finite(value: Any) -> Any:
    """Return Python's own numbers in a column as floats: theirs would grow without end."""
    is_free = isinstance(value, pd.Series) and value.dtype == object
    return value.astype(float) if is_free else value


def _compared(op: ast.cmpop, sides: tuple[Any, Any]) -> Any:
    left, right = sides
    if isinstance(op, ast.In | ast.NotIn):
        found = _is_in(left, right)
        return _signed(ast.Not(), found) if isinstance(op, ast.NotIn) else found
    if isinstance(op, ast.Eq | ast.NotEq) and isinstance(right, list):
        return _compared(ast.In() if isinstance(op, ast.Eq) else ast.NotIn(), sides)
    return _COMPARE[type(op)](left, right)


def _is_in(left: Any, right: Any) -> Any:
    if isinstance(right, list) and any(isinstance(item, pd.Series) for item in right):
        return reduce(operator.or_, [left == item for item in right])
    if isinstance(left, pd.Series):
        return left.isin([right] if isinstance(right, str) else right)
    if isinstance(right, list | str):
        return left in right
    msg = f"expected a column or a value in a list, found a {type(right).__name__} after 'in'"
    raise TypeError(msg)
