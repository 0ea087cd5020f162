"""Python's own values, exactly: in forms that may flow along an edge, and back as they were.

An edge knows lists where Python knows tuples, and numbers where NumPy has its own. What an edge would change
is a mapping with the field `$as` here, which names what it was.
"""

import datetime as dt
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PosixPath, WindowsPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from .tagged import MAX_DEPTH, MAX_INT_BITS, normalise

AS = "$as"
_SAME = frozenset(
    (type(None), bool, float, str, bytes, dt.date, dt.timedelta, dt.time, Decimal, UUID)
)
_KEYS = frozenset((str, int, bool, float, type(None), dt.date))
_FACTORIES: Mapping[str, Any] = {
    one.__name__: one for one in (int, float, str, list, dict, set, bool)
}


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET = _Unset()
"""What stands for a variable that was not set where it was taken from."""


def pack_variables(
    names: Mapping[str, Any],
    needed: Sequence[str] = (),
    kept: Sequence[str] = (),
    *,
    perhaps: Sequence[str] = (),
) -> dict[str, Any]:
    """Return variables as values that may flow: those `needed` later exactly, those `kept` to be read.

    Of the `kept` those that cannot flow, and those that are not set, are left out. Of the `needed` those that
    are set only `perhaps` are `UNSET` at the other end where they are not.

    Raises:
        NameError: one that is needed is not set.
        TypeError: one that is needed cannot go to another node.
    """
    found: dict[str, Any] = {}
    for name in needed:
        if name not in names and name in perhaps:
            found[name] = {AS: "unset", "value": None}
            continue
        if name not in names:
            msg = f"name {name!r} is not defined, and later nodes need it"
            raise NameError(msg)
        try:
            found[name] = exact(names[name])
        except TypeError as error:
            msg = f"{name!r} cannot go to another node: {error}"
            raise TypeError(msg) from error
    for name in kept:
        if name in names and name not in found:
            shown = readable(names[name])
            if shown is not _UNREADABLE:
                found[name] = shown
    return found


def unpack_variables(*forms: Any) -> list[Any]:
    """Return the values that `pack_variables` was given, in the order of their forms."""
    return [restored(form) for form in forms]


_UNREADABLE = object()


def readable(value: Any) -> Any:
    """Return a value to be read by people and expressions; a mark that nobody else has if it is none."""
    shown = value
    if isinstance(value, set | frozenset):
        shown = sorted(value, key=repr)
    elif type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "to_frame"):
        shown = value.to_frame()
    try:
        return normalise(shown)
    except (TypeError, ValueError):
        pass
    try:
        return normalise(exact(value))
    except (TypeError, ValueError):
        return _UNREADABLE


def is_readable(shown: Any) -> bool:
    """Whether `readable` found something to read."""
    return shown is not _UNREADABLE


def exact(value: Any, depth: int = 0) -> Any:
    """Return a value in a form that may flow, and from which `restored` makes the same again.

    Raises:
        TypeError: there is no such form.
    """
    kind = type(value)
    if depth > MAX_DEPTH:
        msg = f"it is nested more than {MAX_DEPTH} deep, or within itself"
        raise TypeError(msg)
    if kind in _SAME or (kind is int and value.bit_length() <= MAX_INT_BITS):
        return value
    if kind is list:
        return [exact(item, depth + 1) for item in value]
    if kind is dict and AS not in value and all(type(key) in _KEYS for key in value):
        return {key: exact(item, depth + 1) for key, item in value.items()}
    write = _WRITE.get(kind)
    if write is not None:
        return {AS: kind.__name__, "value": write(value, depth + 1)}
    if kind.__module__.partition(".")[0] in {"numpy", "pandas"}:
        return _tables().write(value, depth + 1)
    msg = f"a {kind.__name__} has no form to travel in"
    raise TypeError(msg)


def restored(form: Any) -> Any:
    """Return the value that `exact` was given."""
    if type(form) is list:
        return [restored(item) for item in form]
    if type(form) is not dict:
        return form
    name = form.get(AS)
    if name is None:
        return {key: restored(item) for key, item in form.items()}
    read = _READ.get(name)
    if read is not None:
        return read(form["value"])
    return _tables().read(form)


def _tables() -> Any:
    from .exact_tables import TableForms

    return TableForms(exact, restored)


def _items(value: Any, depth: int) -> list[Any]:
    return [exact(item, depth) for item in value]


def _pairs(value: Any, depth: int) -> list[Any]:
    return [[exact(key, depth), exact(item, depth)] for key, item in value.items()]


def _unpaired(form: Any) -> list[tuple[Any, Any]]:
    return [(restored(key), restored(item)) for key, item in form]


def _write_time(value: dt.datetime, depth: int) -> Any:
    del depth
    zone = value.tzinfo
    if zone is None or isinstance(zone, dt.timezone):
        return [value.replace(fold=0), "", value.fold]
    if isinstance(zone, ZoneInfo) and zone.key:
        return [value.replace(tzinfo=None, fold=0), zone.key, value.fold]
    msg = f"a time in a {type(zone).__name__} has no form to travel in"
    raise TypeError(msg)


def _read_time(form: Any) -> dt.datetime:
    value, zone, fold = form
    placed = value.replace(tzinfo=ZoneInfo(zone)) if zone else value
    known: dt.datetime = placed.replace(fold=fold)
    return known


def _write_default(value: Any, depth: int) -> Any:
    made_by = value.default_factory
    name = getattr(made_by, "__name__", "") if made_by is not None else ""
    if made_by is not None and _FACTORIES.get(name) is not made_by:
        msg = "a defaultdict with a function of its own has no form to travel in"
        raise TypeError(msg)
    return [name, _pairs(value, depth)]


def _read_default(form: Any) -> Any:
    name, pairs = form
    return defaultdict(_FACTORIES.get(name), _unpaired(pairs))


_Write = Callable[[Any, int], Any]
_WRITE: dict[type, _Write] = {
    int: lambda value, _depth: hex(value),
    tuple: _items,
    set: _items,
    frozenset: _items,
    dict: _pairs,
    OrderedDict: _pairs,
    Counter: _pairs,
    deque: lambda value, depth: [value.maxlen, _items(value, depth)],
    defaultdict: _write_default,
    bytearray: lambda value, _depth: bytes(value),
    complex: lambda value, _depth: [value.real, value.imag],
    range: lambda value, _depth: [value.start, value.stop, value.step],
    Fraction: lambda value, _depth: str(value),
    PosixPath: lambda value, _depth: str(value),
    WindowsPath: lambda value, _depth: str(value),
    dt.datetime: _write_time,
}
_READ: dict[str, Callable[[Any], Any]] = {
    "unset": lambda _form: UNSET,
    "int": lambda form: int(form, 16),
    "tuple": lambda form: tuple(map(restored, form)),
    "set": lambda form: set(map(restored, form)),
    "frozenset": lambda form: frozenset(map(restored, form)),
    "dict": lambda form: dict(_unpaired(form)),
    "OrderedDict": lambda form: OrderedDict(_unpaired(form)),
    "Counter": lambda form: Counter(dict(_unpaired(form))),
    "deque": lambda form: deque(map(restored, form[1]), form[0]),
    "defaultdict": _read_default,
    "bytearray": bytearray,
    "complex": lambda form: complex(*form),
    "range": lambda form: range(*form),
    "Fraction": Fraction,
    "PosixPath": Path,
    "WindowsPath": Path,
    "datetime": _read_time,
}
