"""What kind of value something is, in words for the person who wrote it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

_WORDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "nothing"),
    (Mapping, "a mapping"),
    ((list, tuple), "a list"),
    (str, "text"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (date, "a date"),
)


def describe(value: Any) -> str:
    """Return `a list`, `text`, `a number` and so on, whatever class keeps the value."""
    if type(value).__name__ == "ScalarBoolean":  # what YAML makes of `&name true`: no bool
        return "true or false"
    return next((word for kind, word in _WORDS if isinstance(value, kind)), "something else")
