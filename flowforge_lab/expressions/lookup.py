"""One step along a path: into a dict, a list, a text, a frame or a time; never into anything else."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flowforge_lab.errors import ExpressionError
from flowforge_lab.values import Frame

from .words import did_you_mean

_PARTS: dict[type, frozenset[str]] = {
    Frame: frozenset({"row_count", "columns"}),
    date: frozenset({"year", "month", "day"}),
    time: frozenset({"hour", "minute", "second", "microsecond", "tzinfo"}),
    timedelta: frozenset({"days", "seconds", "microseconds"}),
}
_PARTS[datetime] = _PARTS[date] | _PARTS[time]

Key = str | int
Scope = Mapping[str, Any]
Resolve = Callable[[Scope], Any]


class MissingError(ExpressionError):
    """A path leads nowhere: what `default()` is for."""


def look(value: Any, key: Any) -> Any:
    """Return what lies under `key` in `value`.

    Raises:
        LookupError: nothing does; its text says what there is.
        TypeError: `key` is of a kind that `value` cannot be asked for.
    """
    if isinstance(value, Mapping):
        return _in_mapping(value, key)
    if isinstance(value, list | tuple | str | bytes):
        return _in_sequence(value, key)
    parts = _PARTS.get(type(value))
    if parts is not None and key in parts:
        return getattr(value, key)
    kind = "None" if value is None else f"a {describe(value)}"
    raise LookupError(f"{kind} has no {key!r}{did_you_mean(str(key), parts or ())}")


def _in_mapping(value: Mapping[Any, Any], key: Any) -> Any:
    try:
        return value[key]
    except KeyError:
        raise LookupError(f"there is no {key!r}{did_you_mean(str(key), value)}") from None


def _in_sequence(value: Any, key: Any) -> Any:
    if isinstance(key, str):
        msg = f"a {describe(value)} has no {key!r}"
        hint = f"; take one item first, such as [0].{key}" if isinstance(value, list) else ""
        raise LookupError(msg + hint)
    try:
        return value[key]
    except IndexError:
        raise LookupError(f"there is no item {key}; there are {len(value)}") from None


def describe(value: Any) -> str:
    """Return what `value` is, in words an author of workflows knows."""
    names = {Frame: "data frame", str: "text", dict: "dict", list: "list", type(None): "None"}
    return names.get(type(value), type(value).__name__)


def resolver(path: tuple[Key, ...], source: str, offsets: tuple[int, ...]) -> Resolve:
    """Return a function that walks `path` in a scope, by reference.

    It raises `MissingError` where the path leads nowhere, at that key's own character.
    """
    root, keys = str(path[0]), path[1:]

    def resolve(scope: Scope) -> Any:
        try:
            value = scope[root]
            for key in keys:
                value = value[key] if type(value) is dict else look(value, key)
        except (LookupError, TypeError):
            raise _missing(scope, path, (source, offsets)) from None
        return value

    return resolve


def _missing(
    scope: Scope, path: tuple[Key, ...], place: tuple[str, tuple[int, ...]]
) -> MissingError:
    """Walk once more, slowly, to say where the path ends."""
    source, offsets = place
    value: Any = scope
    for depth, key in enumerate(path):
        try:
            value = look(value, key)
        except (LookupError, TypeError) as error:
            return MissingError(_reason(path, depth, error), source, offsets[depth])
    return MissingError("the value changed while it was read", source, offsets[0])


def _reason(path: tuple[Key, ...], depth: int, error: Exception) -> str:
    if depth == 0:
        where = "inside a loop" if path[0] in {"item", "index"} else "where the engine gives it"
        return f"{path[0]!r} is only known {where}"
    if path[0] == "nodes" and depth == 1:
        return (
            f"node {path[1]!r} has not run in this execution"
            f"; use default({written(path)}, ...) if that may happen"
        )
    return f"{written(path[:depth])}: {error}"


def written(path: tuple[Key, ...]) -> str:
    """Return `path` as an author writes it: `nodes.load.rows[0]`."""
    text = str(path[0])
    for key in path[1:]:
        text += f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]"
    return text
