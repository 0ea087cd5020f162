"""The value of a formula for one record: the judged tree, turned into closures once for all records.

What is null gives null in arithmetic and false in comparisons. Text patterns are taken literally: a regular
expression from outside could hold this process for hours.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flowforge_lab.clients.code import Formula, parse_formula

from .columns import date_part, method, text_method
from .reading import Read, Record, reader

_NUMBERS = frozenset((int, float, bool, Decimal))
_TIMES = (date, timedelta)
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: lambda base, exponent: float(base) ** float(exponent),  # Python's own would grow
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "log10": math.log10,
    "sqrt": math.sqrt,
}


def computed(text: str, parameters: Mapping[str, Any]) -> Read:
    """Return what gives the formula's value for a record.

    Raises:
        ValueError: it holds what no formula may, or a parameter that is not given.
    """
    formula = parse_formula(text)
    return _Builder(formula, parameters).built(formula.tree)


class _Builder:
    def __init__(self, formula: Formula, parameters: Mapping[str, Any]) -> None:
        self._formula = formula
        self._parameters = parameters

    def built(self, node: ast.expr) -> Read:
        builders: Mapping[type[ast.expr], Callable[[Any], Read]] = {
            ast.Attribute: self._date_part,
            ast.BinOp: self._calculated,
            ast.BoolOp: self._joined,
            ast.Call: self._called,
            ast.Compare: self._compared,
            ast.Constant: lambda node: _constant(node.value),
            ast.List: self._listed,
            ast.Name: self._named,
            ast.Tuple: self._listed,
            ast.UnaryOp: self._signed,
        }
        return builders[type(node)](node)

    def _named(self, node: ast.Name) -> Read:
        found = self._formula.named(node)
        if found.kind == "column":
            return reader(found.name)
        if found.name not in self._parameters:
            msg = f"no parameter @{found.name}"
            raise ValueError(msg)
        return _constant(self._parameters[found.name])

    def _listed(self, node: ast.List | ast.Tuple) -> Read:
        parts = [self.built(part) for part in node.elts]
        if all(isinstance(part, ast.Constant) for part in node.elts):
            return _constant([part({}) for part in parts])
        return lambda record: [part(record) for part in parts]

    def _joined(self, node: ast.BoolOp) -> Read:
        parts = [self.built(part) for part in node.values]
        together = all if isinstance(node.op, ast.And) else any
        return lambda record: together(part(record) for part in parts)

    def _signed(self, node: ast.UnaryOp) -> Read:
        inner = self.built(node.operand)
        if isinstance(node.op, ast.Not | ast.Invert):
            return lambda record: not inner(record)
        sign = -1 if isinstance(node.op, ast.USub) else 1

        def signed(record: Record) -> Any:
            value = inner(record)
            return None if value is None else _number(value) * sign

        return signed

    def _calculated(self, node: ast.BinOp) -> Read:
        left, right = self.built(node.left), self.built(node.right)
        return _calculation(type(node.op), left, right)

    def _compared(self, node: ast.Compare) -> Read:
        sides = [self.built(side) for side in (node.left, *node.comparators)]
        tests = [
            _comparison(op, sides[index], sides[index + 1]) for index, op in enumerate(node.ops)
        ]
        if len(tests) == 1:
            return tests[0]
        return lambda record: all(test(record) for test in tests)

    def _date_part(self, node: ast.Attribute) -> Read:
        match node.value:
            case ast.Attribute(value=parent):
                return date_part(node.attr, self.built(parent))
        msg = f"no {node.attr!r} in a formula"
        raise ValueError(msg)

    def _called(self, node: ast.Call) -> Read:
        if isinstance(node.func, ast.Name):
            return _function(_FUNCTIONS[node.func.id], self.built(node.args[0]))
        self._want_fixed(node)
        given = (
            [self.built(part)({}) for part in node.args],
            {word.arg: self.built(word.value)({}) for word in node.keywords if word.arg},
        )
        match node.func:
            case ast.Attribute(attr=name, value=ast.Attribute(attr="str", value=parent)):
                return text_method(name, self.built(parent), given)
            case ast.Attribute(attr=name, value=parent):
                return method(name, self.built(parent), given)
        msg = "this cannot be called in a formula"
        raise ValueError(msg)

    def _want_fixed(self, node: ast.Call) -> None:
        """Refuse a field as an argument, which would be read once and not for each record."""
        for part in (*node.args, *(word.value for word in node.keywords)):
            for inner in ast.walk(part):
                if isinstance(inner, ast.Name) and self._formula.named(inner).kind == "column":
                    msg = "expected values or @parameters as arguments, found a field"
                    raise ValueError(msg)


def _constant(value: Any) -> Read:
    return lambda _record: value


def _function(function: Callable[[Any], Any], inner: Read) -> Read:
    def call(record: Record) -> Any:
        value = inner(record)
        if value is None:
            return None
        try:
            return function(_number(value))
        except (ValueError, OverflowError):  # such as the logarithm of nothing
            return None

    return call


def _calculation(kind: type[ast.operator], left: Read, right: Read) -> Read:
    calculate = _ARITHMETIC[kind]
    words = kind is ast.Add
    times = kind in {ast.Add, ast.Sub}

    def value(record: Record) -> Any:
        one, other = left(record), right(record)
        if type(one) not in _NUMBERS or type(other) not in _NUMBERS:
            if one is None or other is None:
                return None
            _judge(one, other, words=words, times=times)
        try:
            return calculate(one, other)
        except (ArithmeticError, ValueError):  # such as a division by nothing
            return None

    return value


def _judge(one: Any, other: Any, *, words: bool, times: bool) -> None:
    """Refuse what Python would take for something else, such as a text times a number."""
    is_text = words and isinstance(one, str) and isinstance(other, str)
    is_time = times and isinstance(one, _TIMES) and isinstance(other, _TIMES)
    if not (is_text or is_time):
        _number(one)
        _number(other)


def _number(value: Any) -> Any:
    if type(value) in _NUMBERS:
        return value
    msg = f"cannot calculate with {type(value).__name__} {value!r:.40}"
    raise TypeError(msg)


def _comparison(op: ast.cmpop, left: Read, right: Read) -> Read:
    if isinstance(op, ast.In | ast.NotIn):
        return _membership(left, right, is_in=isinstance(op, ast.In))
    if isinstance(op, ast.Eq | ast.NotEq):
        is_equal = isinstance(op, ast.Eq)
        return lambda record: _equal(left(record), right(record)) is is_equal
    compare = _COMPARE[type(op)]

    def holds(record: Record) -> bool:
        one, other = left(record), right(record)
        return one is not None and other is not None and compare(one, other)

    return holds


def _equal(one: Any, other: Any) -> bool:
    """Return whether two values are equal; one in a list of several counts, as in formulas of tables."""
    if isinstance(other, list) and not isinstance(one, list):
        return one in other
    return bool(one == other)


def _membership(left: Read, right: Read, *, is_in: bool) -> Read:
    def holds(record: Record) -> bool:
        one, other = left(record), right(record)
        if not isinstance(other, list | str):
            msg = f"expected a list or a text after 'in', found {type(other).__name__}"
            raise TypeError(msg)
        found = one is not None and (
            one in other if isinstance(other, list) else str(one) in other
        )
        return found is is_in

    return holds
