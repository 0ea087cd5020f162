"""What leaves as a file."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from flowforge_lab.events import Entry
from flowforge_lab.services import to_json

from .wire import when

_COLUMNS = ("seq", "at", "type", "node", "visit", "attempt", "status", "duration", "message")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def events_csv(entries: Sequence[Entry]) -> str:
    """Return the events of an execution as CSV, one a line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(entry) for entry in entries)
    return text.getvalue()


def _row(entry: Entry) -> list[Any]:
    event = msgspec.to_builtins(entry.event)
    error = event.get("error") or {}
    at = when(entry.at)
    return [
        entry.seq,
        at.isoformat() if at else "",
        event["type"],
        *(event.get(name, "") for name in ("node", "visit", "attempt", "status", "duration")),
        _harmless(str(event.get("message") or error.get("title") or "")),
    ]


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def attached(content: Any, name: str) -> Response:
    """Return an answer that a browser keeps as a file; the name is one of ours."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if isinstance(content, str):
        return Response(content, headers=headers, media_type="text/csv; charset=utf-8")
    return Response(to_json(content), headers=headers, media_type="application/json")
