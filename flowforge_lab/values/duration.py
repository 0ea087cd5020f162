"""Lengths of time as people write them: `500ms`, `10m`, `1h30m`, `2d`."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")
_PATTERN = r"^\s*([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+\s*$"
_PAIRS = (("d", "h"), ("h", "m"), ("m", "s"))
_TINY_SECONDS = 0.01
_LONGEST_SECONDS = 100 * 365 * 86400.0


def parse_duration(text: str | float) -> float:
    """Return the seconds in `text`; a bare number is seconds.

    Raises:
        ValueError: `text` is not a duration, is negative, or is longer than a hundred years.
    """
    seconds = _seconds(text)
    if not 0 <= seconds <= _LONGEST_SECONDS:
        msg = f"a duration lies between 0 and 100 years, found {text!r}"
        raise ValueError(msg)
    return seconds


def _seconds(text: str | float) -> float:
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    if isinstance(text, str) and re.match(_PATTERN, text):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    msg = f"expected a duration such as '500ms', '10m' or '1h30m', found {text!r}"
    raise ValueError(msg)


def format_duration(seconds: float) -> str:
    """Return a short text that `parse_duration` reads back as exactly `seconds`."""
    text = _in_parts(seconds)
    return text if parse_duration(text) == seconds else f"{Decimal(str(seconds)):f}s"


def _in_parts(seconds: float) -> str:
    """Return days, hours, minutes and seconds, rounded to microseconds; `500ms` below a second."""
    if 0 < seconds < 1:
        return f"{round(seconds * 1000, 3):g}ms"
    parts = []
    rest = seconds
    for unit in ("d", "h", "m"):
        whole = int(rest // _UNITS[unit])
        if whole:
            parts.append(f"{whole}{unit}")
            rest -= whole * _UNITS[unit]
    if rest or not parts:
        parts.append(f"{round(rest, 6):g}s")
    return "".join(parts)


def lasted(seconds: float) -> str:
    """Return how long something took, for people: `0.4 ms`, `3.4 s`, `2 m 05 s`, `4 d 02 h`."""
    if seconds < 1:
        digits = 1 if 0 < seconds < _TINY_SECONDS else 0
        return f"{seconds * 1000:.{digits}f} ms"
    if seconds < _UNITS["m"]:
        return f"{seconds:.1f} s"
    whole, part = next(pair for pair in _PAIRS if seconds >= _UNITS[pair[0]])
    rest = seconds % _UNITS[whole] // _UNITS[part]
    return f"{int(seconds // _UNITS[whole])} {whole} {int(rest):02d} {part}"


def _validate(value: Any) -> float:
    return parse_duration(value)


Duration = Annotated[
    float,
    BeforeValidator(_validate),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "format": "duration",
            "pattern": _PATTERN,
            "examples": ["30s", "10m", "1h30m"],
        }
    ),
]
"""A pydantic field of float seconds, written as text such as `10m`."""
