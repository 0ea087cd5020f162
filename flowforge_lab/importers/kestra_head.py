"""What a flow of Kestra is started with, and what holds for all of it."""

from typing import Any

from .reading import number, rows, table, tables, words

_TYPES = {
    "STRING": "string", "INT": "integer", "FLOAT": "number", "BOOLEAN": "boolean", "BOOL": "boolean",
    "DATETIME": "datetime", "DATE": "date", "JSON": "any", "ARRAY": "array", "SELECT": "string",
    "ENUM": "string", "MULTISELECT": "array", "URI": "string", "EMAIL": "string",
}  # fmt: skip
_ON_LIMIT = {"QUEUE": "queue", "CANCEL": "drop", "FAIL": "fail"}
_MAX_INPUTS = 200


def inputs_of(flow: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of a flow by name, as a file of ours has them."""
    found = {}
    for field in tables(flow.get("inputs"))[:_MAX_INPUTS]:
        if name := words(field.get("id")) or words(field.get("name")):
            found[name] = _input(field)
    return found


def _input(field: dict[str, Any]) -> dict[str, Any]:
    kind = _TYPES.get(words(field.get("type")).upper(), "any")
    default = field.get("defaults", field.get("prefill"))
    made: dict[str, Any] = {"type": kind, "description": words(field.get("description"))}
    made["required"] = default is None and field.get("required") is not False
    if default is not None and "{{" not in words(default):
        made["default"] = default
    choices = rows(field.get("values"))
    if choices and kind != "array":
        made["enum"] = choices
    return made


def settings_of(flow: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a flow: how many executions may be under way."""
    concurrency = table(flow.get("concurrency"))
    limit = number(concurrency.get("limit"))
    if not limit:
        return {}
    way = _ON_LIMIT.get(words(concurrency.get("behavior")), "queue")
    return {"concurrency": {"limit": min(max(int(limit), 1), 100_000), "on_limit": way}}
