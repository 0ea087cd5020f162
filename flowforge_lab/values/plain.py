"""The short way for what most values are, JSON already: normalised and encoded at once."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from pydantic import BaseModel

from .tagged import MAX_DEPTH, MAX_INT_BITS

_SHORT = 2 * MAX_DEPTH
"""Bytes of JSON in which nothing can be nested too deep, and no number be too long."""
_LONG_NUMBER = MAX_INT_BITS // 4
"""Digits of which no number is too long yet."""
_GROWING = frozenset((dict, list, int))
_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder().decode


class _Marker:
    def __repr__(self) -> str:
        return "NOT_PLAIN"


NOT_PLAIN: Final = _Marker()
"""What `copy_plain` returns for a value that only `normalise` and `encode` can judge."""


def copy_plain(value: Any) -> tuple[Any, bytes]:
    """Return a copy of a value that is JSON as it stands, and that JSON; else `NOT_PLAIN` and nothing.

    Quick, and never raises. The copy is what `normalise` gives, and `encode` of that: whatever JSON would
    change comes back from it unequal.
    """
    source = value
    if type(value) is not dict and isinstance(value, BaseModel) and _is_closed(value):
        source = value.__dict__
    try:
        text = _to_json(source)
        copy = _from_json(text)
        is_same = bool(copy == source)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return NOT_PLAIN, b""
    is_short = len(text) < _SHORT or (len(text) < _LONG_NUMBER and _is_flat(text))
    is_plain = is_same and b'"$' not in text and (is_short or _is_bounded(copy))
    return (copy, text) if is_plain else (NOT_PLAIN, b"")


def _is_closed(model: BaseModel) -> bool:
    """Whether a model holds its declared fields and nothing else."""
    is_exact = len(model.__dict__) == len(type(model).__pydantic_fields__)
    return is_exact and not model.__pydantic_extra__


def _is_flat(text: bytes) -> bool:
    """Whether so few brackets open in JSON that nothing can be nested too deep."""
    return text.count(b"[") + text.count(b"{") <= MAX_DEPTH


def _is_bounded(value: Any) -> bool:
    """Whether JSON is neither nested too deep nor holds a number too long to flow."""
    level = [value] if type(value) in _GROWING else []
    for _ in range(MAX_DEPTH + 2):
        boxes = [item for item in level if type(item) is not int]
        if any(item.bit_length() > MAX_INT_BITS for item in level if type(item) is int):
            return False
        if not boxes:
            return True
        level = [item for box in boxes for item in _items(box) if type(item) in _GROWING]
    return False


def _items(box: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return box.values() if type(box) is dict else box
