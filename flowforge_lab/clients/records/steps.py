"""The steps by which a list of records is worked through, from the first to the last."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flowforge_lab.errors import NodeError

from .aggregates import aggregated
from .conditions import all_hold
from .formulas import computed
from .merging import appended, merged
from .reading import Record, key_reader, reader, want, whole

Records = list[dict[str, Any]]
Step = Mapping[str, Any]


def apply_steps(records: Sequence[Record], steps: Sequence[Step]) -> Records:
    """Return the records after all steps; those that were given are not changed.

    Raises:
        NodeError: what is given are no records (`transform.not_fields`), or a step does not fit them
            (`transform.step`).
    """
    found: Any = records
    _check(found)
    for index, step in enumerate(steps):
        try:
            found = _STEPS[step["op"]](found, step)
        except (TypeError, ValueError, KeyError, ArithmeticError, AttributeError) as error:
            said = str(error.args[0]) if error.args else type(error).__name__
            title = f"steps[{index}] ({step['op']}): {said}"
            raise NodeError(
                title, type="transform.step", detail=_fields_of(found), is_transient=False
            ) from error
    return found if steps else [dict(record) for record in found]


def _check(records: Sequence[Any]) -> None:
    for index, record in enumerate(records):
        if not isinstance(record, Mapping):
            msg = "cannot change fields"
            raise NodeError(
                msg,
                type="transform.not_fields",
                detail=f"expected records, found {type(record).__name__} at [{index}]",
                is_transient=False,
            )


def _fields_of(records: Records) -> str:
    if not records:
        return "there are no records at this step"
    return f"the first record has: {', '.join(map(str, list(records[0])[:50])) or 'no fields'}"


def _filter(records: Records, step: Step) -> Records:
    holds = all_hold(step["conditions"], match=step["match"])
    if step["where"]:
        formula = computed(step["where"], step["parameters"])
        return [record for record in records if holds(record) and formula(record)]
    return [record for record in records if holds(record)]


def _map(records: Records, step: Step) -> Records:
    fields = [(name, computed(text, step["parameters"])) for name, text in step["fields"].items()]
    result = []
    for record in records:
        row = dict(record)
        for name, value in fields:
            row[name] = value(row)
        result.append(row)
    if step["keep"]:
        return result
    return [{name: row[name] for name in step["fields"]} for row in result]


def _pick(records: Records, step: Step) -> Records:
    readers = [(name, reader(name)) for name in step["fields"]]
    want(records, step["fields"])
    return [{name: read(record) for name, read in readers} for record in records]


def _drop(records: Records, step: Step) -> Records:
    gone = frozenset(step["fields"])
    return [{name: record[name] for name in record if name not in gone} for record in records]


def _rename(records: Records, step: Step) -> Records:
    names = step["fields"]
    want(records, list(names))
    return [_renamed(record, names) for record in records]


def _renamed(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the record with other names; two values of one name would leave only one."""
    renamed = {names.get(name, name): value for name, value in record.items()}
    if len(renamed) < len(record):
        found = [names.get(name, name) for name in record]
        twin = next(name for name in found if found.count(name) > 1)
        msg = f"two fields of a record would be called {twin!r}: drop or rename the other one"
        raise KeyError(msg)
    return renamed


def _set(records: Records, step: Step) -> Records:
    return [{**record, **step["fields"]} for record in records]


def _sort(records: Records, step: Step) -> Records:
    result = list(records)
    want(records, [key["field"] for key in step["by"]])
    for key in reversed(step["by"]):
        read = reader(key["field"])
        there = [record for record in result if read(record) is not None]
        missing = [record for record in result if read(record) is None]
        result = [*sorted(there, key=read, reverse=key["descending"]), *missing]
    return result


def _deduplicate(records: Records, step: Step) -> Records:
    want(records, step["by"])
    key = key_reader(step["by"]) if step["by"] else whole
    seen: dict[Any, dict[str, Any]] = {}
    if step["keep"] == "first":
        for record in records:
            seen.setdefault(key(record), record)
        return list(seen.values())
    for record in reversed(records):
        seen.setdefault(key(record), record)
    return list(reversed(seen.values()))


def _limit(records: Records, step: Step) -> Records:
    return list(records[step["skip"] : step["skip"] + step["count"]])


def _split(records: Records, step: Step) -> Records:
    name, into = step["field"], step["into"]
    want(records, [name])
    if into == "rows":
        return [
            {**record, name: part}
            for record in records
            for part in (_parts(record.get(name), step) or [None])
        ]
    if into == "list":
        return [{**record, name: _parts(record.get(name), step)} for record in records]
    return [
        {**record, **dict(_named(step["names"], _parts(record.get(name), step)))}
        for record in records
    ]


def _parts(value: Any, step: Step) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    parts = str(value).split(step["separator"])
    return [part.strip() for part in parts] if step["trim"] else parts


def _named(names: Sequence[str], parts: list[Any]) -> Iterator[tuple[str, Any]]:
    for index, name in enumerate(names):
        yield name, parts[index] if index < len(parts) else None


_STEPS: Mapping[str, Callable[[Records, Step], Records]] = {
    "filter": _filter,
    "map": _map,
    "pick": _pick,
    "drop": _drop,
    "rename": _rename,
    "set": _set,
    "sort": _sort,
    "deduplicate": _deduplicate,
    "aggregate": aggregated,
    "split": _split,
    "merge": merged,
    "append": appended,
    "limit": _limit,
}
