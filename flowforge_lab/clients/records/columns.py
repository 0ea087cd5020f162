"""What a field can do in a formula over records: `.round()`, `.str.lower()`, `.dt.year` and so on.

The names and their arguments are those of formulas over tables.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flowforge_lab.clients.code import METHODS, TEXT_METHODS

from .reading import Read, Record

Arguments = tuple[Sequence[Any], Mapping[str, Any]]
"""What stands in the brackets: by place, and by name."""


def method(name: str, inner: Read, arguments: Arguments) -> Read:
    """Return what calls a method of a value, such as `.round(2)`."""
    given = {**dict(zip(METHODS[name], arguments[0], strict=False)), **arguments[1]}
    if name in {"isna", "notna"}:
        return lambda record: _is_null(inner(record)) is (name == "isna")
    if name == "fillna":
        filling = given.get("value")
        return lambda record: filling if _is_null(value := inner(record)) else value
    return _unless_null(inner, _METHODS[name](**given))


def text_method(name: str, inner: Read, arguments: Arguments) -> Read:
    """Return what calls a method of a text, such as `.str.lower()`."""
    given = {**dict(zip(TEXT_METHODS[name], arguments[0], strict=False)), **arguments[1]}
    if given.pop("regex", False):
        msg = f".str.{name}() takes its pattern literally here; regex=True is for data.frame"
        raise ValueError(msg)
    given.pop("na", None)
    change = _TEXT[name](**given)
    return _unless_null(inner, lambda value: change(str(value)))


def date_part(name: str, inner: Read) -> Read:
    """Return what gives a part of a time; texts are read as ISO 8601."""
    if name == "dayofweek":
        return _unless_null(inner, lambda value: _time(value).weekday())
    if name == "quarter":
        return _unless_null(inner, lambda value: (_time(value).month + 2) // 3)
    if name == "date":
        return _unless_null(inner, lambda value: _time(value).date())
    return _unless_null(inner, lambda value: getattr(_time(value), name))


def _time(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a day has no zone
    msg = f"expected a time, found {type(value).__name__}"
    raise TypeError(msg)


def _unless_null(inner: Read, change: Callable[[Any], Any]) -> Read:
    def read(record: Record) -> Any:
        value = inner(record)
        return None if value is None else change(value)

    return read


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _between(left: Any, right: Any, inclusive: str = "both") -> Callable[[Any], bool]:
    has_left, has_right = inclusive in {"both", "left"}, inclusive in {"both", "right"}

    def holds(value: Any) -> bool:
        after = value >= left if has_left else value > left
        return bool(after and (value <= right if has_right else value < right))

    return holds


def _clip(lower: Any = None, upper: Any = None) -> Callable[[Any], Any]:
    def clip(value: Any) -> Any:
        raised = value if lower is None else max(value, lower)
        return raised if upper is None else min(raised, upper)

    return clip


def _contains(pat: str, case: bool = True) -> Callable[[str], bool]:  # noqa: FBT001, FBT002  # as in pandas
    if case:
        return lambda text: pat in text
    return lambda text: pat.casefold() in text.casefold()


def _replace(pat: str, repl: str, n: int = -1, *, case: bool = True) -> Callable[[str], str]:
    if not case:
        msg = ".str.replace() here tells capital letters from small ones"
        raise ValueError(msg)
    return lambda text: text.replace(pat, repl, n)


def _round(decimals: int = 0) -> Callable[[Any], Any]:
    return lambda value: round(value, decimals)


def _isin(values: Any) -> Callable[[Any], bool]:
    return lambda value: value in values


_METHODS: Mapping[str, Callable[..., Callable[[Any], Any]]] = {
    "abs": lambda: abs,
    "between": _between,
    "clip": _clip,
    "isin": _isin,
    "round": _round,
}
_TEXT: Mapping[str, Callable[..., Callable[[str], Any]]] = {
    "contains": _contains,
    "endswith": lambda pat: lambda text: text.endswith(pat),
    "len": lambda: len,
    "lower": lambda: str.lower,
    "replace": _replace,
    "slice": lambda start=None, stop=None, step=None: lambda text: text[start:stop:step],
    "startswith": lambda pat: lambda text: text.startswith(pat),
    "strip": lambda to_strip=None: lambda text: text.strip(to_strip),
    "upper": lambda: str.upper,
}
