"""Templates of addresses: a value put into one stays one piece of it, whatever characters it has."""

import re
from typing import Any
from urllib.parse import quote

from flowforge_lab.errors import ExpressionError

from .joining import text_of

_BEGINNING = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)?://[^/?#]*")
_IN_QUERY = re.compile("[?#]")


def is_beginning(before: str) -> bool:
    """Whether what stands behind the literal text `before` is still the scheme, the host or the port.

    Nothing is encoded there: it is an address, or the start of one.
    """
    return not before or _BEGINNING.fullmatch(before) is not None


def piece_of_address(value: Any, before: str) -> str:
    """Return a value percent-encoded, to stand behind the literal text `before` as one piece.

    Raises:
        ExpressionError: it is `.` or `..`, which would lead to another path.
    """
    text = text_of(value)
    if text in {".", ".."} and not _IN_QUERY.search(before):
        msg = f"{text!r} cannot be a part of a path"
        raise ExpressionError(msg)
    return quote(text, safe="")
