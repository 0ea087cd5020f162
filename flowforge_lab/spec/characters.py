"""Texts as Unicode knows them: the two halves in which JSON writes an emoji are one character."""

import re
from collections.abc import Iterator
from typing import Any

_HALF = re.compile("[\\ud800-\\udfff]")


def whole_characters(text: str) -> str:
    """Return `text` with the halves of characters joined.

    Raises:
        ValueError: there is a half without the other.
    """
    if not has_halves(text):
        return text
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if half := _HALF.search(joined):
        msg = f"{half.group()!r} is half a character: write it whole, or take it out"
        raise ValueError(msg)
    return joined


def has_halves(value: Any) -> bool:
    """Whether any text in `value` holds half a character, which no file and no journal can hold."""
    return any(not text.isascii() and _HALF.search(text) for text in _texts_in(value))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts_in(key)
            yield from _texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts_in(item)
