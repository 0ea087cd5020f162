"""The JSON Schema of `*.flow.yaml`, with the config of each node type, so that any editor completes it.

A schema judges the form only: whether edges and expressions make sense says `flowforge validate`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from flowforge_lab.nodes import NodeType
from flowforge_lab.spec import ID_PATTERN, Workflow

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXTRA: dict[str, Any] = {"^x-": True}
_TEMPLATE: dict[str, Any] = {"$ref": "#/$defs/template"}
_UNRENDERED = {"sql", "python", "secret", "multiline"}
_OUTSIDE = ("title", "description", "default")
_GROUPS = ("anyOf", "oneOf", "allOf", "prefixItems")


def workflow_schema(types: Iterable[NodeType]) -> dict[str, Any]:
    """Return the schema of workflow files whose nodes are of `types`, as JSON values."""
    found = sorted(types, key=lambda kind: kind.kind)
    schema = Workflow.model_json_schema(mode="validation")
    models = schema.pop("$defs")
    for model in (schema, models["Node"]):
        model["patternProperties"] = _EXTRA
    for name in ("Settings", "Retry"):
        models[name] = _with_numbers(models[name])
    models["Node"] = _node(_with_numbers(models["Node"]), found)
    models["template"] = _template()
    for kind in found:
        models |= _config(kind)
    schema["properties"]["nodes"] = {
        "type": "object",
        "description": "The nodes of the workflow by their id.",
        "propertyNames": {"pattern": ID_PATTERN},
        "additionalProperties": {"$ref": "#/$defs/Node"},
    }
    schema["required"] = ["nodes"]
    return {
        "$schema": _DIALECT,
        "$id": "urn:flowforge-lab:workflow:1",
        **schema,
        "title": "FlowForge Lab workflow",
        "description": "A workflow as written in a *.flow.yaml file.",
        "$defs": models,
    }


def _template() -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": r"\{\{[\s\S]*\}\}",
        "description": "An expression in double braces; its value takes this place.",
    }


def _node(model: dict[str, Any], types: list[NodeType]) -> dict[str, Any]:
    """Return the schema of a node: one branch a kind, each with that kind's config."""
    kinds = [kind.kind for kind in types]
    titles = [f"{kind.title}: {kind.doc.partition(chr(10))[0]}" for kind in types]
    model["properties"]["kind"] = {
        "description": "The node type, with `@2` behind it for a version above 1.",
        "anyOf": [
            {"enum": kinds, "markdownEnumDescriptions": titles},
            {"pattern": f"^({'|'.join(map(_escaped, kinds))})@[0-9]+$"},
        ],
    }
    return {**model, "allOf": [_branch(kind) for kind in types]}


def _branch(kind: NodeType) -> dict[str, Any]:
    is_it = {"properties": {"kind": {"pattern": f"^{_escaped(kind.kind)}$"}}, "required": ["kind"]}
    then: dict[str, Any] = {"properties": {"config": {"$ref": f"#/$defs/{kind.kind}"}}}
    if kind.config.model_json_schema().get("required"):
        then["required"] = ["config"]
    return {"if": is_it, "then": then}


def _escaped(kind: str) -> str:
    return kind.replace(".", r"\.")


def _config(kind: NodeType) -> dict[str, Any]:
    """Return the schemas of a kind's config and of the models in it, by their names in the whole."""
    prefix = f"#/$defs/{kind.kind}:"
    schema = kind.config.model_json_schema(ref_template=prefix + "{model}")
    inner = schema.pop("$defs", {})
    named = {f"{kind.kind}:{name}": _open_for_templates(model) for name, model in inner.items()}
    whole = {**_open_for_templates(schema), "title": kind.title}
    return {kind.kind: whole, **named}


def _open_for_templates(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's schema where each field may also be written as an expression in braces."""
    if "properties" not in model:
        return dict(model)
    fields = {name: _field(field) for name, field in model["properties"].items()}
    return {**model, "properties": fields}


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    if _takes_any_text(field) or "const" in field:
        return dict(field)
    if field.get("x-literal"):
        return _without(field, {"x-literal": True})
    if field.get("format") == "expression":
        return _without(field, {"type": ""})  # lists and maps of expressions are values too
    inner = {key: _inside(key, part) for key, part in field.items()}
    outside: dict[str, Any] = {key: inner.pop(key) for key in _OUTSIDE if key in inner}
    branches: list[dict[str, Any]] = [inner, _TEMPLATE]
    if field.get("format") == "duration":
        branches.append(_SECONDS)
    return {**outside, "anyOf": branches}


_SECONDS: dict[str, Any] = {"type": "number", "minimum": 0, "description": "Seconds."}


def _takes_any_text(field: Mapping[str, Any]) -> bool:
    if field.get("format") in _UNRENDERED or field.get("format") == "any":
        return True
    is_free = not any(key in field for key in ("type", "enum", *_GROUPS, "$ref"))
    limits = ("enum", "pattern", "format", "minLength", "maxLength")
    return is_free or (field.get("type") == "string" and not any(key in field for key in limits))


def _inside(key: str, part: Any) -> Any:
    if key in _GROUPS:
        return [_field(member) if "$ref" not in member else member for member in part]
    if key in {"items", "additionalProperties"} and isinstance(part, Mapping):
        return _field(part)
    return part


def _with_numbers(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's schema where a duration may also be written as a number of seconds."""
    fields = {name: _timed(field) for name, field in model["properties"].items()}
    return {**model, "properties": fields}


def _timed(field: Mapping[str, Any]) -> dict[str, Any]:
    if field.get("format") == "duration":
        outside = {key: field[key] for key in _OUTSIDE if key in field}
        return {**outside, "anyOf": [_without(field, outside), _SECONDS]}
    if "anyOf" in field:
        members = [
            *field["anyOf"],
            *(_SECONDS for part in field["anyOf"] if part.get("format") == "duration"),
        ]
        return {**field, "anyOf": members}
    return dict(field)


def _without(field: Mapping[str, Any], left_out: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in field.items() if key not in left_out}
