"""Sums of variables, as exact as their two sides are."""

import math
from decimal import Context, Decimal, DecimalException, Inexact
from typing import Any

_EXACT = Context(prec=4000, traps=[Inexact, *Context().traps])


def add(one: Any, other: Any) -> Any:
    """Return the sum of two numbers: a decimal where one of them is one, and then exact.

    Raises:
        ValueError: one is no number, or the sum cannot be kept.
    """
    for number in (one, other):
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
            msg = f"expected a number to add to, found {number!r:.80}"
            raise ValueError(msg)  # noqa: TRY004  # the value is wrong, whatever its type
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return _exact_sum(one, other)
    total = one + other
    if isinstance(total, float) and not math.isfinite(total):
        msg = "the sum is too large for a float"
        raise ValueError(msg)
    return total


def _exact_sum(one: Any, other: Any) -> Decimal:
    sides = (side if isinstance(side, Decimal) else Decimal(repr(side)) for side in (one, other))
    try:
        return _EXACT.add(*sides)
    except DecimalException as error:
        msg = "the numbers cannot be added exactly"
        raise ValueError(msg) from error
