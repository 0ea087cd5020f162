"""What is shown, as a file: CSV that no spreadsheet takes for formulas, and JSON."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flowforge_lab.services import to_json

from .page import File

MAX_ROWS = 50_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_file(name: str, form: str, rows: Sequence[Mapping[str, Any]]) -> File:
    """Return rows as a file of a form, `csv` or `json`."""
    if form == "json":
        return File(f"{name}.json", "application/json", to_json(list(rows)).decode())
    text = io.StringIO()
    columns = list(rows[0]) if rows else []
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return File(f"{name}.csv", "text/csv;charset=utf-8", text.getvalue())


def _cell(given: Any) -> Any:
    if given is None or isinstance(given, bool | int | float):
        return given
    if isinstance(given, datetime):
        return given.isoformat()
    text = given if isinstance(given, str) else to_json(given).decode()
    return f"'{text}" if text.startswith(_FORMULA) else text
