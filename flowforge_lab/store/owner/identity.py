"""Which lab this is, and whether its folder is a copy of another one."""

import contextlib
import json
import os
import socket
import sqlite3
import uuid
from pathlib import Path
from typing import Any

_HOME = "home"
_LAB_ID = "lab_id"
_NEEDED = 2


def identify(connection: sqlite3.Connection, folder: Path) -> dict[str, Any]:
    """Return the id of the lab in this folder and whether the folder is a copy; a new lab gets both.

    A lab is at home where two of machine, path and inode are what they were: so it may be moved,
    restored in place, or mounted into another container; a copy has at most one of them in common.
    """
    here = _here(folder)
    facts = dict(connection.execute("select name, value from meta").fetchall())
    if _LAB_ID not in facts:
        connection.execute("begin immediate")
        fresh = adopt(connection, folder)
        connection.execute("commit")
        return fresh
    home = json.loads(facts.get(_HOME, "{}"))
    is_home = sum(home.get(name) == value for name, value in here.items()) >= _NEEDED
    if is_home and home != here:
        _remember(connection, {_HOME: json.dumps(here)})
    return {"lab_id": facts[_LAB_ID], "is_copy": not is_home}


def adopt(connection: sqlite3.Connection, folder: Path) -> dict[str, Any]:
    """Make the folder the home of a lab with a new id, in the caller's transaction."""
    lab_id = str(uuid.uuid4())
    _remember(connection, {_LAB_ID: lab_id, _HOME: json.dumps(_here(folder))})
    return {"lab_id": lab_id, "is_copy": False}


def _here(folder: Path) -> dict[str, Any]:
    return {"machine": _machine(), "path": str(folder), "inode": folder.stat().st_ino}


def _remember(connection: sqlite3.Connection, facts: dict[str, str]) -> None:
    connection.executemany("insert or replace into meta values (?, ?)", list(facts.items()))


def _machine() -> str:
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with contextlib.suppress(OSError):
            return Path(path).read_text().strip()
    return f"{socket.gethostname()}-{os.environ.get('COMPUTERNAME', '')}"
