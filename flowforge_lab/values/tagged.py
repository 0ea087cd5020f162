"""What may flow along an edge, and its journal form: JSON, with a tag where JSON has no word for it.

`normalise` makes any value one that may flow; `encode` and `decode` go to the journal's form and
back without losing a type: a resumed execution sees the same values as the one that was cut off.
"""

import base64
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel, SecretStr

from .frame import Frame, is_pandas_frame

MAX_DEPTH = 200
MAX_INT_BITS = 10_000
_SECOND = 1_000_000
_PLAIN = frozenset((str, bool, int, type(None)))
_SAME = frozenset((bool, float, type(None)))


def _write_length(value: timedelta) -> float | str:
    """Return seconds; as text where a float cannot tell them to the microsecond."""
    seconds = value.total_seconds()
    if abs(seconds) <= timedelta.max.total_seconds() // 2 and timedelta(seconds=seconds) == value:
        return seconds
    return str(Decimal(value // timedelta.resolution) / _SECOND)


def _read_length(form: float | str) -> timedelta:
    if isinstance(form, str):
        return timedelta(microseconds=int(Decimal(form) * _SECOND))
    return timedelta(seconds=form)


_WRITE: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("$datetime", datetime.isoformat),
    date: ("$date", date.isoformat),
    time: ("$time", time.isoformat),
    timedelta: ("$seconds", _write_length),
    Decimal: ("$decimal", str),
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    UUID: ("$uuid", str),
}
_READ: dict[str, Callable[[Any], Any]] = {
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$seconds": _read_length,
    "$decimal": Decimal,
    "$bytes": base64.b64decode,
    "$uuid": UUID,
    "$float": float,
}


def normalise(value: Any) -> Any:
    """Return `value` as it may flow: plain containers, scalars, dates, bytes and frames; all copied.

    Tuples and sets become lists, models dicts, enums their values, numpy scalars Python's, pandas
    frames `Frame`. Times keep their UTC offset and lose the name of their zone.

    Raises:
        TypeError: something in it can neither be journaled nor converted, or it is nested too deep.
    """
    return _flowing(value, 0)


def _flowing(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _writable(value)
    if kind in _SAME:
        return value
    if kind is int:
        return _bounded(value)
    if kind is dict and depth <= MAX_DEPTH:
        return _fields(value, depth)
    return _converted(value, depth)


def _fields(value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    return {
        key if type(key) is str and key.isascii() else _key(key): _flowing(item, depth + 1)
        for key, item in value.items()
    }


def _key(key: Any) -> Any:
    flowing = _flowing(key, 0)
    if isinstance(flowing, dict | list | Frame):
        msg = f"a {type(key).__name__} cannot be the name of a field along an edge; use text"
        raise TypeError(msg)
    return flowing


def _converted(value: Any, depth: int) -> Any:
    """Return a copy of a container, and what is no plain Python value as one."""
    if depth > MAX_DEPTH:
        msg = f"a value nested more than {MAX_DEPTH} deep, or within itself, cannot flow along an edge"
        raise TypeError(msg)
    if isinstance(value, BaseModel):
        return _fields(
            dict(iter(value)), depth
        )  # without iter, dict asks the model for keys() first
    if isinstance(value, dict | Mapping):
        return _fields(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return [_flowing(item, depth + 1) for item in value]
    if isinstance(value, Enum):
        return _flowing(value.value, depth + 1)
    scalar = _scalar(value)
    return _foreign(value, depth) if scalar is _UNKNOWN else scalar


_UNKNOWN = object()


def _scalar(value: Any) -> Any:
    """Return a value of a type in `_SCALARS`, or of a type derived from one, as exactly that type."""
    for kind, plain in _SCALARS.items():
        if isinstance(value, kind):
            return plain(value)
    return _UNKNOWN


def _writable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        msg = f"text with half a character at {error.start} cannot flow along an edge"
        raise TypeError(msg) from error
    return str(text)


def _bounded(number: int) -> int:
    if number.bit_length() > MAX_INT_BITS:
        msg = f"a number of {number.bit_length()} bits cannot flow along an edge"
        raise TypeError(msg)
    return int(number)


def _plain_datetime(value: datetime) -> datetime | None:
    if value != value:  # noqa: PLR0124  # pandas' NaT is the datetime that is not itself
        return None
    wall = datetime.combine(_plain_date(value), _plain_time(value.time()))
    offset = value.utcoffset()
    if offset is None:
        return wall
    whole = _whole(offset)
    return (wall - (offset - whole)).replace(tzinfo=timezone(whole))


def _whole(offset: timedelta) -> timedelta:
    """Return an offset in whole seconds: ISO 8601 knows no finer ones, and Python reads them back wrong."""
    return timedelta(days=offset.days, seconds=offset.seconds)


def _plain_date(value: date) -> date:
    return date(value.year, value.month, value.day)


def _plain_time(value: time) -> time:
    offset = value.utcoffset()
    zone = None if offset is None else timezone(_whole(offset))
    return time(value.hour, value.minute, value.second, value.microsecond, zone)


def _plain_timedelta(value: timedelta) -> timedelta:
    return timedelta(value.days, value.seconds, value.microseconds)


def _no_secret(_value: SecretStr) -> None:
    msg = "a secret may not flow along an edge"
    raise TypeError(msg)


_SCALARS: dict[Any, Callable[[Any], Any]] = {
    Frame: lambda value: value,
    datetime: _plain_datetime,
    date: _plain_date,
    time: _plain_time,
    timedelta: _plain_timedelta,
    Decimal: Decimal,
    bytes: bytes,
    bytearray: bytes,
    memoryview: bytes,
    UUID: lambda value: UUID(int=value.int),
    str: _writable,
    int: _bounded,
    float: float,
    PurePath: lambda value: _writable(str(value)),
    SecretStr: _no_secret,
}
"""How each kind of scalar becomes a plain one; a type stands before those it is derived from."""


def _foreign(value: Any, depth: int) -> Any:
    """Return a value of numpy, pandas or pyarrow as a plain one."""
    home = type(value).__module__.partition(".")[0]
    if is_pandas_frame(value):
        return Frame.of(value)
    if home in {"pandas", "numpy", "pyarrow"}:
        if type(value).__name__ in {"NaTType", "NAType"}:
            return None
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        if home == "numpy" and kind in {"m", "M"}:
            value = value.astype(f"{kind}8[us]")  # nanoseconds would come out as numbers
        for name in ("tolist", "as_py", "item"):
            if hasattr(value, name):
                return _flowing(getattr(value, name)(), depth + 1)
    msg = (
        f"a {type(value).__name__} cannot flow along an edge; "
        "turn it into text, numbers, lists or a data frame"
    )
    raise TypeError(msg)


def encode(value: Any) -> Any:
    """Return the journal form of a normalised value: plain JSON, tagged where needed."""
    kind = type(value)
    if kind in _PLAIN or (kind is float and math.isfinite(value)):
        return value
    if kind is list:
        return [encode(item) for item in value]
    if kind is dict:
        return _encode_dict(value)
    return _encode_tagged(value)


def _encode_tagged(value: Any) -> Any:
    kind = type(value)
    if kind is float:
        return {"$float": str(value)}
    if kind is Frame:
        facts = {"digest": value.digest, "row_count": value.row_count, "columns": value.columns}
        return {"$frame": facts}
    tag, write = _WRITE[kind]
    return {tag: write(value)}


def _encode_dict(value: dict[Any, Any]) -> Any:
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: encode(item) for key, item in value.items()}
    return {"$dict": [[encode(key), encode(item)] for key, item in value.items()]}


def decode(value: Any, load_blob: Callable[[str], bytes] | None = None) -> Any:
    """Return the value that `encode` was given; frames come back lazy and read through `load_blob`."""
    if type(value) is list:
        return [decode(item, load_blob) for item in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        [(tag, inner)] = value.items()
        if tag.startswith("$"):
            return _decode_tag(tag, inner, load_blob)
    return {key: decode(item, load_blob) for key, item in value.items()}


def _decode_tag(tag: str, inner: Any, load_blob: Callable[[str], bytes] | None) -> Any:
    if tag == "$dict":
        return {decode(key, load_blob): decode(item, load_blob) for key, item in inner}
    if tag == "$frame":
        return _decode_frame(inner, load_blob)
    return _READ[tag](inner)


def _decode_frame(inner: Any, load_blob: Callable[[str], bytes] | None) -> Frame:
    digest = inner["digest"]
    return Frame(
        row_count=inner["row_count"],
        columns=inner["columns"],
        digest=digest,
        load=None if load_blob is None else lambda: load_blob(digest),
    )
