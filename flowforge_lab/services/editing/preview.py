"""A value as the editor shows it: JSON of bounded size, tables as the first of their rows."""

import base64
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel

from flowforge_lab.values import Frame

MAX_ROWS = 200
MAX_ITEMS = 200
MAX_TEXT = 4000
_MAX_DEPTH = 8


def preview(value: Any, *, depth: int = 0) -> Any:
    """Return `value` cut to what a person looks at.

    A table becomes `{"$table": {columns, rows, total}}`; a text or list that was cut says so in
    `{"$cut": {"more": n}}`, a text with what is left of it in `text`.
    """
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return _mapping(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return _list(list(value), depth)
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, Frame):
        return _table(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, int):
        return value
    return _text(value if isinstance(value, str) else _as_text(value))


def _as_text(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    if isinstance(value, bytes):
        start = base64.b64encode(value[:60]).decode()
        return f"{len(value):,} bytes: {start}"
    return str(value)


def _text(value: str) -> Any:
    if len(value) <= MAX_TEXT:
        return value
    return {"$cut": {"text": value[:MAX_TEXT], "more": len(value) - MAX_TEXT}}


def _mapping(value: Mapping[Any, Any], depth: int) -> Any:
    if depth >= _MAX_DEPTH:
        return {"$cut": {"more": len(value)}}
    shown = list(value.items())[:MAX_ITEMS]
    cut = {str(key): preview(item, depth=depth + 1) for key, item in shown}
    if len(value) > MAX_ITEMS:
        cut["…"] = {"$cut": {"more": len(value) - MAX_ITEMS}}
    return cut


def _list(value: list[Any], depth: int) -> Any:
    if depth >= _MAX_DEPTH:
        return {"$cut": {"more": len(value)}}
    if len(value) > MAX_ITEMS and all(isinstance(row, dict) for row in value):
        return {"$table": _records(value)}
    cut = [preview(item, depth=depth + 1) for item in value[:MAX_ITEMS]]
    if len(value) > MAX_ITEMS:
        cut.append({"$cut": {"more": len(value) - MAX_ITEMS}})
    return cut


def _records(rows: list[dict[Any, Any]]) -> dict[str, Any]:
    shown = rows[:MAX_ROWS]
    names = list(dict.fromkeys(str(key) for row in shown for key in row))
    cells = [[preview(row.get(name), depth=_MAX_DEPTH - 1) for name in names] for row in shown]
    return {"columns": [{"name": name} for name in names], "rows": cells, "total": len(rows)}


def _table(frame: Frame) -> dict[str, Any]:
    head = frame.to_pandas().head(MAX_ROWS)
    text = head.to_json(orient="values", date_format="iso", default_handler=str)
    columns = [{"name": name, "type": kind} for name, kind in frame.columns.items()]
    rows = json.loads(text)
    return {"$table": {"columns": columns, "rows": rows, "total": frame.row_count}}


def count_items(value: Any) -> int | None:
    """Return how many items a step gave: rows of its one table, else entries of its one list; else `None`.

    `value` is an output in journal form or as it flows. What a step logged is no item.
    """
    if not isinstance(value, Mapping) or "$frame" in value:
        return _length(value)
    given = [item for name, item in value.items() if name != "logs"]
    tables = [item for item in given if not isinstance(item, list)]
    counts = _counts(tables) or _counts(given)
    return counts[0] if len(counts) == 1 else None


def _counts(values: Iterable[Any]) -> list[int]:
    return [count for value in values if (count := _length(value)) is not None]


def _length(value: Any) -> int | None:
    if isinstance(value, Frame):
        return value.row_count
    if isinstance(value, list):
        return len(value)
    if isinstance(value, Mapping) and isinstance(value.get("$frame"), Mapping):
        rows = value["$frame"].get("row_count")
        return rows if isinstance(rows, int) else None
    return None
