"""What the names of expressions really held in an execution: types and short texts beside each name."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flowforge_lab.expressions import FUNCTIONS
from flowforge_lab.values import Frame

_MAX_DEPTH = 4
_MAX_KEYS = 60
_MAX_TEXT = 60
Name = dict[str, str]
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object"}
_TOLD = {
    "len": "How many items, characters or keys.",
    "default": "The first value, or the second where the first is not there.",
    "now": "The time, the same for the whole visit.",
    "sorted": "The items in order.",
    "sum": "All items added up.",
    "round": "A number, rounded.",
    "range": "Numbers in a row.",
    "enumerate": "Items with their index.",
    "zip": "Several lists, item by item.",
    "isinstance": "Whether a value is of a type.",
}


def samples_in(scope: Mapping[str, Any], nodes: frozenset[str]) -> Iterator[Name]:
    """Yield the names that lead to real values in a scope, with the values as short texts."""
    for node in sorted(nodes):
        if node in scope["nodes"]:
            yield from _names(f"nodes.{node}", scope["nodes"][node])
    for root in ("input", "inputs", "item", "index", "trigger"):
        if scope.get(root) is not None:
            yield from _names(root, scope[root])
    for name, value in scope["vars"].get("execution", {}).items():
        yield from _names(f"vars.execution.{name}", value)


def functions() -> Iterator[Name]:
    """Yield the functions that an expression may call."""
    for name in sorted(FUNCTIONS):
        yield {"path": name, "type": "function", "doc": _TOLD.get(name, "")}


def _names(path: str, value: Any, depth: int = 0) -> Iterator[Name]:
    yield {"path": path, "type": _type(value), "doc": "", "sample": short(value)}
    if depth >= _MAX_DEPTH:
        return
    if isinstance(value, Frame):
        yield {
            "path": f"{path}.row_count",
            "type": "integer",
            "doc": "",
            "sample": str(value.row_count),
        }
        yield {
            "path": f"{path}.columns",
            "type": "object",
            "doc": "",
            "sample": short(list(value.columns)),
        }
    if isinstance(value, Mapping):
        for key in list(value)[:_MAX_KEYS]:
            if isinstance(key, str) and key.isidentifier():
                yield from _names(f"{path}.{key}", value[key], depth + 1)
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield from _names(f"{path}[0]", value[0], depth + 1)


def _type(value: Any) -> str:
    if isinstance(value, Frame):
        return "table"
    if isinstance(value, list):
        return f"list of {len(value)}"
    return _TYPES.get(type(value), "" if value is None else type(value).__name__)


def short(value: Any) -> str:
    """Return a value as one line that fits beside its name."""
    if isinstance(value, Frame):
        return f"{value.row_count:,} rows: {', '.join(value.columns)}"[:_MAX_TEXT]
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"


def merged(names: list[Name], samples: Iterator[Name]) -> list[Name]:
    """Return the names with what they held; what only the execution knows comes behind them."""
    found = {name["path"]: name for name in names}
    for sample in samples:
        known = found.get(sample["path"], {})
        found[sample["path"]] = {**sample, **{k: v for k, v in known.items() if v}}
    return list(found.values())
