"""What may enter the sandbox, and what may leave it: plain values of a bounded size."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flowforge_lab.errors import ExpressionError
from flowforge_lab.values import Frame, normalise

from .limits import Limits
from .lookup import describe

_MAX_BITS = 13_287  # 4,000 digits; Python itself refuses to write more than 4,300
_AS_IS = frozenset(
    {str, bool, int, float, type(None), bytes, datetime, date, time, timedelta, Decimal}
)


def enter(value: Any, limits: Limits) -> Any:
    """Return `value` as it may enter the sandbox: a copy of its containers; a UUID becomes its text.

    Raises:
        ExpressionError: it is or holds a frame, too many items, or something that only our own process
            can hold.
    """
    return _Gate(limits).pass_in(value)


def leave(value: Any) -> Any:
    """Return what an expression gave as a value that may flow: lists for tuples and sets.

    Raises:
        ExpressionError: it is no value, such as a function, or a whole number too long to be written.
    """
    try:
        _check_numbers(value)
        clean = normalise(value)
    except (TypeError, RecursionError):
        msg = f"the expression gives a {type(value).__name__}, which is not a value"
        raise ExpressionError(msg) from None
    return clean


def _check_numbers(value: Any) -> None:
    if isinstance(value, list | tuple | set | frozenset):
        for item in value:
            _check_numbers(item)
    elif isinstance(value, dict):
        _check_numbers([*value, *value.values()])
    elif isinstance(value, int) and value.bit_length() > _MAX_BITS:
        msg = "the expression gives a number of more than 4,000 digits"
        raise ExpressionError(msg)


class _Gate:
    def __init__(self, limits: Limits) -> None:
        self._max_items = limits.max_items
        self._left = limits.max_items * 20

    def pass_in(self, value: Any) -> Any:
        kind = type(value)
        if kind in _AS_IS:
            return value
        if isinstance(value, Mapping):
            self._count(value)
            return {self.pass_in(key): self.pass_in(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            self._count(value)
            return [self.pass_in(item) for item in value]
        return self._other(value)

    def _count(self, value: Any) -> None:
        size = len(value)
        self._left -= size
        if size > self._max_items:
            found = f"a {describe(value)} of {size:,} items ({self._max_items:,} at most)"
            raise _refusal(found)
        if self._left < 0:
            msg = "a value of so many items in all"
            raise _refusal(msg)

    def _other(self, value: Any) -> Any:
        if isinstance(value, UUID | str):
            return str(value)
        if isinstance(value, Frame):
            msg = "a data frame, but for its row_count and columns,"
            raise _refusal(msg)
        found = f"a {describe(value)}"
        raise _refusal(found)


def _refusal(found: str) -> ExpressionError:
    return ExpressionError(
        f"{found} cannot be used in an expression; use python.code, data.frame or sql.query"
    )
