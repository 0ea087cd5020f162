"""What may flow along an edge, and its journal form: JSON, with a tag where JSON has no word for it.

`normalise` makes any value one that may flow; `encode` and `decode` go to the journal's form and
back without losing a type: a resumed execution sees the same values as the one that was cut off.
"""

import base64
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel, SecretStr

from .frame import Frame

_PLAIN = frozenset((str, bool, int, float, type(None)))
_WRITE: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("$datetime", datetime.isoformat),
    date: ("$date", date.isoformat),
    time: ("$time", time.isoformat),
    timedelta: ("$seconds", timedelta.total_seconds),
    Decimal: ("$decimal", str),
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    UUID: ("$uuid", str),
}
_TAGGED = (Frame, *_WRITE)
_READ: dict[str, Callable[[Any], Any]] = {
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$seconds": lambda value: timedelta(seconds=value),
    "$decimal": Decimal,
    "$bytes": base64.b64decode,
    "$uuid": UUID,
    "$float": float,
}


def normalise(value: Any) -> Any:
    """Return `value` as it may flow: plain containers, scalars, dates, bytes and frames; all copied.

    Tuples and sets become lists, models dicts, enums their values, numpy scalars Python's, pandas
    frames `Frame`.

    Raises:
        TypeError: something in it can neither be journaled nor converted.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return _normalised(value)
    if kind is list:
        return [normalise(item) for item in value]
    return _convert(value)


def _normalised(fields: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key: item if type(item) in _PLAIN else normalise(item) for key, item in fields.items()}


@lru_cache(maxsize=1024)
def _fields_of(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(model.model_fields)


def _convert(value: Any) -> Any:  # noqa: PLR0911, C901  # one line a kind reads better than a table of lambdas
    if isinstance(value, BaseModel):
        named = {name: getattr(value, name) for name in _fields_of(type(value))}
        return _normalised(named | (value.model_extra or {}))
    if isinstance(value, _TAGGED):
        return _without_subclass(value)
    if isinstance(value, Enum):
        return normalise(value.value)
    if isinstance(value, Mapping):
        return _normalised(value)
    if isinstance(value, tuple | list | set | frozenset):
        return [normalise(item) for item in value]
    if isinstance(value, SecretStr):
        msg = "a secret may not flow along an edge"
        raise TypeError(msg)
    if isinstance(value, str | int | float):
        return _plain_scalar(value)
    if isinstance(value, PurePath):
        return str(value)
    return _foreign(value)


def _without_subclass(value: Any) -> Any:
    if isinstance(value, datetime) and type(value) is not datetime:
        if value != value:  # noqa: PLR0124  # pandas' NaT is the datetime that is not itself
            return None
        return value.to_pydatetime()  # type: ignore[attr-defined]  # a pandas Timestamp
    if isinstance(value, timedelta) and type(value) is not timedelta:
        return timedelta(seconds=value.total_seconds())
    return value


def _plain_scalar(value: Any) -> str | int | float:
    if isinstance(value, str):
        return str(value)
    return float(value) if isinstance(value, float) else int(value)


def _foreign(value: Any) -> Any:
    home = type(value).__module__.partition(".")[0]
    if home == "pandas" and hasattr(value, "dtypes") and hasattr(value, "columns"):
        return Frame.of(value)
    if home in {"pandas", "numpy", "pyarrow"}:
        if type(value).__name__ in {"NaTType", "NAType"}:
            return None
        for name in ("tolist", "as_py", "item"):
            if hasattr(value, name):
                return normalise(getattr(value, name)())
    msg = f"a {type(value).__name__} cannot flow along an edge; turn it into text, numbers, lists or a data frame"
    raise TypeError(msg)


def encode(value: Any) -> Any:
    """Return the journal form of a normalised value: plain JSON, tagged where needed."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else {"$float": str(value)}
    if kind in _PLAIN:
        return value
    if kind is list:
        return [encode(item) for item in value]
    if kind is dict:
        return _encode_dict(value)
    if kind is Frame:
        return {
            "$frame": {
                "digest": value.digest,
                "row_count": value.row_count,
                "columns": value.columns,
            }
        }
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
