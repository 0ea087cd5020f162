"""Sums of variables, exact where both sides are, in their journal form."""

import json
from typing import Any

from .database import Database, RefusedError

_FIND = """select value, expires_at from variables where scope = :scope and owner = :owner
  and name = :name and (expires_at is null or expires_at > :now)"""
_PUT = """insert into variables values (:scope, :owner, :name, :value, :expires_at)
  on conflict(scope, owner, name) do update
  set value = excluded.value, expires_at = excluded.expires_at"""
_DECIMAL = "$decimal"
_MAX_DIGITS = 4000


def add_up(connection: Database, variable: dict[str, Any]) -> str:
    """Add `by` to a variable and return the sum as JSON; one that is not there counts as 0.

    A variable that is there keeps its time to live.

    Raises:
        RefusedError: it is no number, or `by` is none.
    """
    found = connection.execute(_FIND, variable).fetchone()
    text, expires_at = found or ("0", variable["expires_at"])
    name = f"variable {variable['name']!r}"
    total = _sum(json.loads(text), json.loads(variable["by"]), name)
    value = json.dumps(total, separators=(",", ":"))
    connection.execute(_PUT, variable | {"value": value, "expires_at": expires_at})
    return value


def _sum(one: Any, other: Any, name: str) -> Any:
    for number in (one, other):
        if not _is_number(number):
            message = f"{name}: expected a number to add to, found {json.dumps(number)[:80]}"
            msg = "refused"
            raise RefusedError(msg, message)
    if isinstance(one, dict) or isinstance(other, dict):
        return {_DECIMAL: _decimal_sum(one, other, name)}
    total = one + other
    if isinstance(total, float) and total - total != 0:
        msg = "refused"
        raise RefusedError(msg, f"{name}: the sum is too large for a float")
    return total


def _decimal_sum(one: Any, other: Any, name: str) -> str:
    from decimal import Context, Decimal, DecimalException, Inexact

    exact = Context(prec=_MAX_DIGITS, traps=[Inexact, *Context().traps])
    try:
        total = exact.add(*(Decimal(_written(number)) for number in (one, other)))
    except DecimalException as error:
        msg = "refused"
        raise RefusedError(msg, f"{name}: cannot be added exactly") from error
    if not total.is_finite():
        msg = "refused"
        raise RefusedError(msg, f"{name}: {total} is no number to add to")
    return str(total)


def _written(number: Any) -> str:
    return str(number[_DECIMAL]) if isinstance(number, dict) else repr(number)


def _is_number(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {_DECIMAL}
    return isinstance(value, int | float) and not isinstance(value, bool)
