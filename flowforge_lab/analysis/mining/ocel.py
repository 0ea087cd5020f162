"""Visits as OCEL 2.0: events that belong to an execution, its version, a user, a session and a chat."""

import json
from pathlib import Path
from typing import Any

from .log import EventLog
from .xes import VISITS

_OBJECTS = {
    "execution": "execution_id",
    "version": "version",
    "user": "user",
    "session": "session",
    "chat": "chat",
}
_ABOUT = {
    "kind": "string",
    "status": "string",
    "port": "string",
    "visit": "integer",
    "attempts": "integer",
    "started_at": "time",
    "duration": "float",
}


def write_ocel(log: EventLog, path: Path) -> int:
    """Write the visits of a log, each at the time of its end, and return how many there are."""
    rows = log.rows(VISITS)
    nodes = dict.fromkeys(row["node"] for row in rows)
    written = {
        "objectTypes": [{"name": name, "attributes": []} for name in _OBJECTS],
        "eventTypes": [
            {"name": node, "attributes": [{"name": n, "type": t} for n, t in _ABOUT.items()]}
            for node in nodes
        ],
        "objects": list(_objects(rows).values()),
        "events": [_event(row) for row in rows],
    }
    path.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(rows)


def _objects(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {}
    for row in rows:
        for name, id in _related(row).items():
            found[id] = {"id": id, "type": name, "attributes": [], "relationships": []}
    return found


def _related(row: dict[str, Any]) -> dict[str, str]:
    """Return the objects of a visit: ids of different types never meet."""
    given = {name: row[column] for name, column in _OBJECTS.items()}
    return {name: f"{name}:{value}" for name, value in given.items() if value}


def _event(row: dict[str, Any]) -> dict[str, Any]:
    values = {name: row[name] for name in _ABOUT if row[name] is not None}
    values["started_at"] = row["started_at"].isoformat()
    return {
        "id": f"{row['execution_id']}/{row['visit']}",
        "type": row["node"],
        "time": row["finished_at"].isoformat(),
        "attributes": [{"name": name, "value": value} for name, value in values.items()],
        "relationships": [
            {"objectId": id, "qualifier": name} for name, id in _related(row).items()
        ],
    }
