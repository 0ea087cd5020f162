"""The fields of a model as rows for people: path, type in words, default, description."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from pydantic import BaseModel

_MAX_DEPTH = 4
_WORDS = {
    "duration": "duration",
    "expression": "expression",
    "any": "any value",
    "sql": "SQL",
    "python": "Python",
    "secret": "secret",
    "frame": "data frame",
    "multiline": "text",
    "date-time": "date and time",
    "date": "date",
}
_PLAIN = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}


class Field(msgspec.Struct, frozen=True):
    """One field of a model. `path` is dotted; `[]` in it stands for each item, `<name>` for each key."""

    path: str
    type: str
    description: str = ""
    default: str = ""
    is_required: bool = False

    @property
    def depth(self) -> int:
        """How deep inside other fields it lies; 0 at the top."""
        return self.path.count(".")


def fields_of(model: type[BaseModel]) -> list[Field]:
    """Return the fields of a model, each followed by those inside it."""
    schema = model.model_json_schema()
    return list(_rows(schema, schema.get("$defs", {})))


def _rows(
    schema: Mapping[str, Any], models: Mapping[str, Any], *, prefix: str = "", depth: int = 0
) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield Field(
            path,
            _type_of(field, models),
            _described(field),
            _default_of(field),
            name in required,
        )
        if depth < _MAX_DEPTH:
            for inner, suffix in _models_in(field, models):
                yield from _rows(inner, models, prefix=f"{path}{suffix}.", depth=depth + 1)


def _described(field: Mapping[str, Any]) -> str:
    examples = field.get("examples") or ()
    shown = ", ".join(f"`{_written(example)}`" for example in examples[:2])
    text = str(field.get("description", ""))
    return f"{text} For example {shown}." if shown else text


def _default_of(field: Mapping[str, Any]) -> str:
    return _written(field["default"]) if field.get("default") not in (None, "", [], {}) else ""


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _models_in(
    field: Mapping[str, Any], models: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield each model that a value of the field may hold, and how its place in the field is written."""
    if "$ref" in field:
        found = models[field["$ref"].rpartition("/")[2]]
        if "properties" in found:
            tag = _tag_of(found)
            yield found, f"({tag})" if tag else ""
    for part, place in _parts_of(field):
        for model, suffix in _models_in(part, models):
            yield model, f"{place}{suffix}"


def _parts_of(field: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for group in ("anyOf", "oneOf", "allOf"):
        yield from ((part, "") for part in field.get(group, ()))
    for key, place in (("items", "[]"), ("additionalProperties", ".<name>")):
        if isinstance(field.get(key), Mapping):
            yield field[key], place


def _tag_of(model: Mapping[str, Any]) -> str:
    """Return the constant that tells a member of a union from the others, if it has one."""
    for field in model["properties"].values():
        if "const" in field:
            return str(field["const"])
    return ""


def _type_of(field: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    if "$ref" in field:
        found = models[field["$ref"].rpartition("/")[2]]
        return "group" if "properties" in found else _type_of(found, models)
    if "const" in field or "enum" in field:
        values = field.get("enum", [field.get("const")])
        return "one of " + ", ".join(f"`{_written(value)}`" for value in values)
    members = field.get("anyOf") or field.get("oneOf")
    if members:
        words = [_type_of(part, models) for part in members if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(words))
    return _simple(field, models)


def _simple(field: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    if field.get("format") in _WORDS:
        return _WORDS[field["format"]]
    match field.get("type"):
        case "array":
            return f"list of {_type_of(field.get('items', {}), models)}"
        case "object":
            inner = field.get("additionalProperties")
            return f"map of {_type_of(inner, models)}" if isinstance(inner, dict) else "map"
        case str(kind):
            return _PLAIN.get(kind, kind) + _range_of(field)
    return "any value"


def _range_of(field: Mapping[str, Any]) -> str:
    bounds = {
        "≥": field.get("minimum"),
        ">": field.get("exclusiveMinimum"),
        "≤": field.get("maximum"),
        "<": field.get("exclusiveMaximum"),
    }
    shown = [f"{sign} {bound:g}" for sign, bound in bounds.items() if bound is not None]
    return f" ({', '.join(shown)})" if shown else ""
