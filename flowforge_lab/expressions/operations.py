"""Operators that are safe to run in our own process: bounded in time and memory, plain types only.

Whatever lies outside raises `NeedsSandbox`, never an answer that the sandbox would not give too.
"""

import operator
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flowforge_lab.values import Frame

_NUMBERS = frozenset({int, float, bool})
_ORDERED = (
    frozenset({int, float, bool, Decimal}),
    frozenset({str}),
    frozenset({datetime}),
    frozenset({date}),
    frozenset({time}),
    frozenset({timedelta}),
)
_COMPARABLE = frozenset({str, int, float, bool, type(None), list, dict, tuple}).union(*_ORDERED)
_SIZED = frozenset({str, bytes, list, tuple, dict, Frame})
_MAX_BITS = 1000
_MAX_TEXT_CHARS = 1_000_000

Binary = Callable[[Any, Any], Any]


class NeedsSandbox(Exception):  # noqa: N818  # not an error: a way out that try_render takes
    """These operands are not for our own process."""


def _number(value: Any) -> bool:
    kind = type(value)
    return kind is float or (kind in _NUMBERS and value.bit_length() <= _MAX_BITS)


def _arithmetic(function: Binary) -> Binary:
    def calculate(left: Any, right: Any) -> Any:
        if _number(left) and _number(right):
            return function(left, right)
        raise NeedsSandbox

    return calculate


def _add(left: Any, right: Any) -> Any:
    if type(left) is str and type(right) is str:
        if len(left) + len(right) > _MAX_TEXT_CHARS:
            raise NeedsSandbox
        return left + right
    return _sum(left, right)


_sum = _arithmetic(operator.add)


def _ordering(function: Binary) -> Binary:
    def compare(left: Any, right: Any) -> Any:
        a, b = type(left), type(right)
        if any(a in family and b in family for family in _ORDERED):
            return function(left, right)
        raise NeedsSandbox

    return compare


def _equal(left: Any, right: Any) -> bool:
    if type(left) in _COMPARABLE and type(right) in _COMPARABLE:
        return bool(left == right)
    raise NeedsSandbox


def _contains(item: Any, container: Any) -> bool:
    kind = type(container)
    if type(item) not in _COMPARABLE or kind not in {str, list, tuple, dict}:
        raise NeedsSandbox
    return item in container


def _same(left: Any, right: Any) -> bool:
    if right is None or right is True or right is False:
        return left is right
    raise NeedsSandbox


def _negated(function: Callable[[Any, Any], bool]) -> Binary:
    return lambda left, right: not function(left, right)


ARITHMETIC: dict[str, Binary] = {
    "Add": _add,
    "Sub": _arithmetic(operator.sub),
    "Mult": _arithmetic(operator.mul),
    "Div": _arithmetic(operator.truediv),
    "FloorDiv": _arithmetic(operator.floordiv),
    "Mod": _arithmetic(operator.mod),
}
COMPARISONS: dict[str, Binary] = {
    "Eq": _equal,
    "NotEq": _negated(_equal),
    "Lt": _ordering(operator.lt),
    "LtE": _ordering(operator.le),
    "Gt": _ordering(operator.gt),
    "GtE": _ordering(operator.ge),
    "In": _contains,
    "NotIn": _negated(_contains),
    "Is": _same,
    "IsNot": _negated(_same),
}


def negative(value: Any) -> Any:
    """Return `-value` of a number."""
    if _number(value):
        return -value
    raise NeedsSandbox


def positive(value: Any) -> Any:
    """Return `+value` of a number."""
    if _number(value):
        return +value
    raise NeedsSandbox


def length(value: Any) -> int:
    """Return `len(value)`; of a frame its rows."""
    if type(value) in _SIZED:
        return len(value)
    raise NeedsSandbox
