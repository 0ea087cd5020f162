"""Conditions on one field each, as a form asks for them."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .reading import Read, Record, reader

Holds = Callable[[Record], bool]
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "greater": operator.gt,
    "at_least": operator.ge,
    "less": operator.lt,
    "at_most": operator.le,
}


def all_hold(conditions: Sequence[Mapping[str, Any]], *, match: str) -> Holds:
    """Return whether `all` or `any` of the conditions hold for a record; without one all records pass."""
    tests = [_test(condition) for condition in conditions]
    if not tests:
        return lambda _record: True
    if len(tests) == 1:
        return tests[0]
    together = any if match == "any" else all
    return lambda record: together(test(record) for test in tests)


def _test(condition: Mapping[str, Any]) -> Holds:
    name, value = condition["is"], condition.get("value")
    read = reader(condition["field"])
    if name.startswith("not_"):
        opposite = _positive(name.removeprefix("not_"), read, value)
        return lambda record: not opposite(record)
    return _positive(name, read, value)


def _positive(name: str, read: Read, value: Any) -> Holds:
    if name in _ORDER:
        return _ordered(_ORDER[name], read, value)
    if name == "in":
        return _in(read, value)
    if name == "equals":
        return lambda record: bool(read(record) == value)
    if name == "empty":
        return lambda record: read(record) in (None, "", [], {})
    return _text(name, read, value)


def _ordered(compare: Callable[[Any, Any], bool], read: Read, value: Any) -> Holds:
    def holds(record: Record) -> bool:
        found = read(record)
        return found is not None and compare(found, value)

    return holds


def _in(read: Read, value: Any) -> Holds:
    if not isinstance(value, list):
        msg = f"expected a list of values for 'in', found {type(value).__name__}"
        raise TypeError(msg)
    try:
        known: Any = frozenset(value)
    except TypeError:
        known = value

    def holds(record: Record) -> bool:
        found = read(record)
        try:
            return found in known
        except TypeError:  # a list or a map is in no set
            return found in value

    return holds


def _text(name: str, read: Read, value: Any) -> Holds:
    def holds(record: Record) -> bool:
        found = read(record)
        if found is None:
            return False
        if name == "contains":
            return (value if not isinstance(found, str) else str(value)) in found
        is_found = str.startswith if name == "starts_with" else str.endswith
        return is_found(str(found), str(value))

    return holds
