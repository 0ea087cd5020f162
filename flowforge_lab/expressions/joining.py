"""Values as text, for templates that mix text and expressions."""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Any

from flowforge_lab.errors import ExpressionError
from flowforge_lab.values import Frame

MAX_TEXT_CHARS = 16_000_000


def text_of(value: Any) -> str:
    """Return `value` as it stands in a text: times as ISO 8601, lists and dicts as JSON, `None` as nothing.

    Raises:
        ExpressionError: it is a frame or bytes, which have no text.
    """
    if type(value) is str:
        return value
    write = _WRITERS.get(type(value), str)
    return write(value)


def join(pieces: Iterable[Any], room: int) -> str:
    """Return the pieces as one text of at most `room` characters."""
    texts = []
    for piece in pieces:
        text = text_of(piece)
        room -= len(text)
        if room < 0:
            msg = f"the texts of this config are longer than {MAX_TEXT_CHARS:,} characters"
            raise ExpressionError(msg)
        texts.append(text)
    return "".join(texts)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_inside)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"this value cannot be written as text: {error}"
        raise ExpressionError(msg) from None


def _inside(value: Any) -> str:
    if isinstance(value, Frame | bytes):
        return _no_text(value)
    return text_of(value)


def _no_text(value: Any) -> str:
    if isinstance(value, Frame):
        msg = "a data frame cannot be put into a text, only its row_count"
        raise ExpressionError(msg)
    msg = "bytes cannot be put into a text; decode them in python.code"
    raise ExpressionError(msg)


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _none: "",
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    list: _json,
    dict: _json,
    tuple: _json,
    Frame: _no_text,
    bytes: _no_text,
}
