"""Two lists of records made one: by a key, or one below the other."""

from collections.abc import Iterable, Mapping
from typing import Any

from .reading import key_reader, want

Records = list[dict[str, Any]]
MAX_MERGED = 5_000_000
"""More records than this is a key that is not one."""


def merged(records: Records, step: Mapping[str, Any]) -> Records:
    """Return the records with the fields of those of the other list that have the same key.

    Raises:
        ValueError: each of too many meets each of too many others.
    """
    others = _records(step["other"])
    want(records, step["on"])
    want(others, step["other_on"] or step["on"])
    key, other_key = key_reader(step["on"]), key_reader(step["other_on"] or step["on"])
    found: dict[Any, Records] = {}
    for other in others:
        found.setdefault(other_key(other), []).append(other)
    names = _new_names(records, others, step)
    result, met = [], set()
    for record in records:
        mine = key(record)
        partners = found.get(mine)
        if partners is not None:
            met.add(mine)
            result += [{**record, **_renamed(other, names)} for other in partners]
        elif step["how"] != "inner":
            result.append({**record})
        if len(result) > MAX_MERGED:
            msg = f"more than {MAX_MERGED:,} records would come out; is {step['on']} a key?"
            raise ValueError(msg)
    if step["how"] == "outer":
        result += [
            dict(other) for mine, rest in found.items() if mine not in met for other in rest
        ]
    return result


def appended(records: Records, step: Mapping[str, Any]) -> Records:
    """Return the records, and those of the other list below them."""
    return [*records, *(dict(other) for other in _records(step["other"]))]


def _records(value: Any) -> Records:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        msg = f"expected a list of records in 'other', found {_described(value)}"
        raise TypeError(msg)
    return value


def _described(value: Any) -> str:
    if not isinstance(value, list):
        return type(value).__name__
    strange = next(item for item in value if not isinstance(item, Mapping))
    return f"a list with {type(strange).__name__} in it"


def _new_names(records: Records, others: Records, step: Mapping[str, Any]) -> dict[str, str]:
    """Return the names that fields of the other list get, because both have them; a key stays one."""
    mine = _names(records)
    keys = {one for one, other in zip(step["on"], step["other_on"], strict=False) if one == other}
    keys = keys if step["other_on"] else set(step["on"])
    return {
        name: f"{name}{step['suffix']}"
        for name in _names(others)
        if name in mine and name not in keys
    }


def _names(records: Iterable[Mapping[str, Any]]) -> dict[str, None]:
    return dict.fromkeys(name for record in records for name in record)


def _renamed(record: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    if not names:
        return record
    return {names.get(name, name): value for name, value in record.items()}
