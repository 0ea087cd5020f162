"""Lengths of time as ISO 8601 writes them."""

import re

from .language import UnknownError

_ISO = re.compile(
    r"P(?:(?P<d>\d+(?:\.\d+)?)D)?(?:T(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<m>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_MOST = 366 * 86400


def seconds_in(text: str) -> float:
    """Return the seconds of a text such as `PT1H30M`.

    Raises:
        UnknownError: it is none.
    """
    found = _ISO.fullmatch(text.strip().upper())
    parts = (
        {} if found is None else {key: value for key, value in found.groupdict().items() if value}
    )
    total = sum(float(value) * _SECONDS[key] for key, value in parts.items())
    if not parts or total > _MOST:
        msg = f"the length of time {text[:40]!r}"
        raise UnknownError(msg)
    return total


def duration(text: str) -> str:
    """Return a length of time in our words.

    Raises:
        UnknownError: it is none.
    """
    return f"{seconds_in(text):g}s"
