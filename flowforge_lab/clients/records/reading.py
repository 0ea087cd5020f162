"""How a field of a record is read, alone and together with others."""

import json
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

Record = Mapping[str, Any]
Read = Callable[[Record], Any]


def reader(name: str) -> Read:
    """Return what reads one field; null where there is none."""
    if "." not in name:
        return lambda record: record.get(name)
    path = name.split(".")

    def walk(record: Record) -> Any:
        if name in record:
            return record[name]
        value: Any = record
        for part in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)
        return value

    return walk


def key_reader(names: Sequence[str]) -> Read:
    """Return what reads several fields as one key that can be looked up, whatever they hold."""
    readers = [reader(name) for name in names]
    if len(readers) == 1:
        [only] = readers
        return lambda record: _hashable(only(record))
    if all("." not in name for name in names):
        quick = itemgetter(*names)

        def together(record: Record) -> Any:
            try:
                found = quick(record)
                hash(found)
            except (KeyError, TypeError):
                return tuple(_hashable(read(record)) for read in readers)
            return found

        return together
    return lambda record: tuple(_hashable(read(record)) for read in readers)


def want(records: Sequence[Record], names: Sequence[str]) -> None:
    """Refuse a field that no record has at all: it is misspelt.

    Raises:
        KeyError: there are records, and none has it.
    """
    for name in names:
        top = name.partition(".")[0]
        if records and not any(top in record or name in record for record in records):
            msg = f"no record has a field {name!r}"
            raise KeyError(msg)


def whole(record: Record) -> Any:
    """Return a whole record as a key."""
    return _hashable(dict(record))


def _hashable(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    try:
        hash(value)
    except TypeError:
        return json.dumps(value, sort_keys=True, default=repr)
    return value
