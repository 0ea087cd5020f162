"""What may enter the sandbox: plain values of a bounded size."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flowforge_lab.errors import ExpressionError
from flowforge_lab.values import Frame

from .limits import Limits
from .lookup import describe

_AS_IS = frozenset(
    {str, bool, int, float, type(None), bytes, datetime, date, time, timedelta, Decimal}
)
_ELSEWHERE = "use python.code, data.frame or sql.query for it"


def enter(value: Any, limits: Limits) -> Any:
    """Return `value` as it may enter the sandbox: a copy of its containers; a UUID becomes its text.

    Raises:
        ExpressionError: it is or holds a frame, too many items, or something that only our own process
            can hold.
    """
    return _Gate(limits).pass_in(value)


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
            msg = f"a {describe(value)} of {size:,} items is too long for an expression"
            raise ExpressionError(f"{msg} ({self._max_items:,} at most); {_ELSEWHERE}")
        if self._left < 0:
            raise ExpressionError(f"this value is too big for an expression; {_ELSEWHERE}")

    def _other(self, value: Any) -> Any:
        if isinstance(value, UUID | str):
            return str(value)
        if isinstance(value, Frame):
            msg = f"a data frame cannot be used in an expression, but for its row_count and columns; {_ELSEWHERE}"
            raise ExpressionError(msg)
        raise ExpressionError(f"a {describe(value)} cannot be used in an expression; {_ELSEWHERE}")
