"""Answers for programs: one JSON document on stdout, and nothing else."""

import base64
import json
import math
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

MAX_ROWS = 1000
"""So many rows of a data frame are in an answer; `row_count` says how many there are."""

_NOT_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}


def write_json(answer: Any) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.write(json.dumps(plain(answer), ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def plain(value: Any) -> Any:
    """Return a value as plain JSON: times and decimals as text, bytes as base64, frames as rows.

    Numbers that JSON lacks are the texts `NaN`, `Infinity` and `-Infinity`; a missing value of a frame
    is null.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return _special(value)


def _special(value: Any) -> Any:
    from flowforge_lab.values import Frame

    if isinstance(value, Frame):
        return {"row_count": value.row_count, "columns": value.columns, "rows": rows_of(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else _NOT_FINITE.get(value, "NaN")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def rows_of(frame: Any, limit: int = MAX_ROWS) -> list[dict[str, Any]]:
    """Return the first rows of a `Frame`, plain."""
    return plain_rows(frame.to_pandas().head(limit))


def plain_rows(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a pandas frame, plain."""
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return [{str(name): _cell(value) for name, value in row.items()} for row in rows]


def _cell(value: Any) -> Any:
    scalar = value.item() if hasattr(value, "item") else value
    return plain(scalar.tolist() if hasattr(scalar, "tolist") else scalar)
