"""The client's words for what it wants written, as the owner's ledger reads them."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from flowforge_lab.engine import Head, Lease, NewExecution
from flowforge_lab.events import (
    Entry,
    ExecutionMigrated,
    Row,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitSucceeded,
    to_row,
)
from flowforge_lab.ids import new_id

_encode = msgspec.json.Encoder().encode
_BLOB = re.compile(r'"\$(?:frame|blob)":(?:\{[^{}]*?"digest":)?"([0-9a-f]{64})"')


_Wait = tuple[int, int | None, str, tuple[str, ...]]
"""A visit, until when it waits, its terms as JSON, its keys."""

_TURNS = (VisitParked, ExecutionMigrated)
_OVER = (VisitResumed, VisitSucceeded, VisitFailed, VisitCancelled)


def append_unit(
    lease: Lease, entries: Sequence[Entry], head: Head | None, *, taken: Sequence[int]
) -> bytes:
    """Return the unit that appends entries under a lease and may change the head."""
    rows = [to_row(entry, lease.workflow_id) for entry in entries]
    line = None if head is None else _line(head)
    parts = (lease.execution_id, lease.epoch, rows, line, _blobs_of(rows), taken)
    return _encode(("append", *parts, _turns_in(entries)))


def start_unit(
    new: NewExecution, entries: Sequence[Entry], head: Head, *, lease_seconds: float
) -> bytes:
    """Return the unit that stores a new execution."""
    rows = [to_row(entry, new.workflow_id) for entry in entries]
    return _encode(("start", new, rows, _line(head), lease_seconds, _blobs_of(rows)))


def once_unit(operation: str, *arguments: Any, unit: str = "") -> bytes:
    """Return a unit that takes effect once, however often it is sent; `unit` is a name of its own for it."""
    return _encode((operation, unit or new_id(), *arguments))


def plain_unit(operation: str, *arguments: Any) -> bytes:
    """Return a unit that changes nothing, so that its repetition needs no memory."""
    return _encode((operation, *arguments))


def _line(head: Head) -> tuple[str, int | None, int | None, str]:
    return head.status, head.wake_at, head.finished_at, head.error


def _turns_in(entries: Sequence[Entry]) -> tuple[list[_Wait], str] | None:
    """Return what visits wait for after these entries, and the version it runs from now on if it is new.

    Most appends have neither, and every append comes by here.
    """
    for entry in entries:
        if isinstance(entry.event, _TURNS):
            return _read_turns(entries)
    return None


def _read_turns(entries: Sequence[Entry]) -> tuple[list[_Wait], str]:
    found: dict[int, _Wait] = {}
    digest = ""
    for entry in entries:
        event = entry.event
        if isinstance(event, VisitParked):
            terms = _encode(event.terms).decode()
            found[event.visit] = (event.visit, event.until, terms, event.keys)
        elif isinstance(event, _OVER):
            found.pop(event.visit, None)
        elif isinstance(event, ExecutionMigrated):
            digest = event.digest
    return [wait for wait in found.values() if wait[-1]], digest


def _blobs_of(rows: Sequence[Row]) -> list[str]:
    """Return the digests of the blobs that the payloads refer to."""
    found: set[str] = set()
    for row in rows:
        found.update(blobs_in(row.payload))
    return sorted(found)


def blobs_in(payload: str) -> list[str]:
    """Return the digests of the blobs that a text in journal form refers to."""
    if '"$frame"' in payload or '"$blob"' in payload:
        return _BLOB.findall(payload)
    return []
