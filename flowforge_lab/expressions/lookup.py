"""One step along a path: into a dict, a list, a text, a frame or a time; never into anything else."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flowforge_lab.errors import ExpressionError
from flowforge_lab.values import Frame

from .words import ROOTS, hint, unknown_name

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
    msg = f"{kind} has no {key!r}{hint(str(key), parts or ())}"
    raise LookupError(msg)


def _in_mapping(value: Mapping[Any, Any], key: Any) -> Any:
    try:
        return value[key]
    except KeyError:
        msg = f"there is no {key!r}{hint(str(key), value)}"
        raise LookupError(msg) from None


def _in_sequence(value: Any, key: Any) -> Any:
    if isinstance(key, str):
        raise _no_such_part(value, key)
    try:
        return value[key]
    except IndexError:
        msg = f"there is no item {key}; there are {len(value)}"
        raise LookupError(msg) from None


def _no_such_part(value: Any, key: str) -> LookupError:
    more = f"; take one item first, such as [0].{key}" if isinstance(value, list) else ""
    return LookupError(f"a {describe(value)} has no {key!r}{more}")


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
        except LookupError:
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
        except LookupError as error:
            return MissingError(_reason(path, depth, error), source, offsets[depth])
    return MissingError("the value changed while it was read", source, offsets[0])


def _reason(path: tuple[Key, ...], depth: int, error: Exception) -> str:
    if depth == 0:
        return _reason_of_root(str(path[0]))
    if path[0] == "nodes" and depth == 1:
        return (
            f"node {path[1]!r} has not run in this execution"
            f"; use default({written(path)}, ...) if that may happen"
        )
    return f"{written(path[:depth])}: {error}"


def _reason_of_root(root: str) -> str:
    if root in {"item", "index"}:
        return f"{root!r} is only known inside a loop"
    return f"there is no {root!r} in this execution" if root in ROOTS else unknown_name(root)


def written(path: tuple[Key, ...]) -> str:
    """Return `path` as an author writes it: `nodes.load.rows[0]`."""
    text = str(path[0])
    for key in path[1:]:
        text += f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]"
    return text
