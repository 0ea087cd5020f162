"""One record for each group of records."""

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from .reading import key_reader, reader, want

Values = list[Any]


def aggregated(records: list[dict[str, Any]], step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a record for each group, groups in the order in which they came; without `by` one for all."""
    by, wanted = step["by"], step["aggregates"]
    want(records, [*by, *(one["field"] for one in wanted if one["function"] != "size")])
    readers = [reader(name) for name in by]
    rows = []
    for members in _groups(records, by):
        row = {name: read(members[0]) for name, read in zip(by, readers, strict=True)}
        for one in wanted:
            row[one["name"]] = _value(members, one)
        rows.append(row)
    return rows


def _groups(records: list[dict[str, Any]], by: list[str]) -> list[list[dict[str, Any]]]:
    if not by:
        return [records]
    key = key_reader(by)
    groups: dict[Any, list[dict[str, Any]]] = {}
    for record in records:
        found = key(record)
        if found in groups:
            groups[found].append(record)
        else:
            groups[found] = [record]
    return list(groups.values())


def _value(members: list[dict[str, Any]], one: Mapping[str, Any]) -> Any:
    if one["function"] == "size":
        return len(members)
    read = reader(one["field"])
    values = [value for member in members if (value := read(member)) is not None]
    return _FUNCTIONS[one["function"]](values)


def _or_null(function: Callable[[Values], Any]) -> Callable[[Values], Any]:
    return lambda values: function(values) if values else None


def _unique(values: Values) -> Values:
    key = key_reader(["value"])
    return list({key({"value": value}): value for value in values}.values())


def _mean(values: Values) -> Any:
    return sum(values) / len(values)


_FUNCTIONS: Mapping[str, Callable[[Values], Any]] = {
    "count": len,
    "sum": sum,
    "mean": _or_null(_mean),
    "median": _or_null(statistics.median),
    "min": _or_null(min),
    "max": _or_null(max),
    "first": _or_null(lambda values: values[0]),
    "last": _or_null(lambda values: values[-1]),
    "list": lambda values: values,
    "unique": _unique,
    "nunique": lambda values: len(_unique(values)),
    "join": lambda values: ", ".join(map(str, values)),
}
