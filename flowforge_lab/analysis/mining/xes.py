"""Visits as XES (IEEE 1849): a trace for each execution, two events for each visit."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from .log import EventLog

VISITS = """select v.execution_id, v.visit, v.node, v.kind, v.status, v.port, v.started_at,
  v.finished_at, v.duration, v.attempts, c.version, c.status as execution_status, c."user",
  c.session, c.chat, c.trigger
from visits v join chosen c using (execution_id) order by v.execution_id, v.visit"""
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<classifier name="Activity" keys="concept:name"/>
"""
_ENDS = {"succeeded": "complete", "failed": "ate_abort", "cancelled": "pi_abort"}


def write_xes(log: EventLog, path: Path) -> int:
    """Write the visits of a log, and return how many there are."""
    rows = log.rows(VISITS)
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        file.write(_text("concept:name", log.workflow_id))
        for execution_id, visits in groupby(rows, key=lambda row: row["execution_id"]):
            file.writelines(_trace(execution_id, list(visits)))
        file.write("</log>\n")
    return len(rows)


def _trace(execution_id: str, visits: list[dict[str, Any]]) -> Iterator[str]:
    first = visits[0]
    yield "<trace>\n"
    yield _text("concept:name", execution_id)
    for name in ("version", "trigger", "user", "session", "chat"):
        if first[name]:
            yield _text(name, first[name])
    yield _text("status", first["execution_status"])
    marks = [(row["started_at"], row["visit"], 0, row) for row in visits]
    marks += [(row["finished_at"], row["visit"], 1, row) for row in visits]
    for at, _visit, is_end, row in sorted(marks, key=lambda mark: mark[:3]):
        yield from _event(row, at, is_end=bool(is_end))
    yield "</trace>\n"


def _event(row: dict[str, Any], at: datetime, *, is_end: bool) -> Iterator[str]:
    yield "<event>"
    yield _text("concept:name", row["node"])
    yield _text("concept:instance", str(row["visit"]))
    yield _text("lifecycle:transition", _ENDS[row["status"]] if is_end else "start")
    yield f'<date key="time:timestamp" value="{at.isoformat()}"/>'
    yield _text("org:resource", row["kind"])
    if is_end and row["port"]:
        yield _text("port", row["port"])
    if is_end:
        yield f'<int key="attempts" value="{row["attempts"]}"/>'
    yield "</event>\n"


def _text(key: str, value: str) -> str:
    return f"<string key={quoteattr(key)} value={quoteattr(_writable(value))}/>"


def _writable(value: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(one if one >= " " or one in "\t\n\r" else "\ufffd" for one in value)
