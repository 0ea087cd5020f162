"""The client's words for what it wants written, as the owner's ledger reads them."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from flowforge_lab.engine import Head, Lease, NewExecution
from flowforge_lab.events import Entry, Row, to_row
from flowforge_lab.ids import new_id

_encode = msgspec.json.Encoder().encode
_BLOB = re.compile(r'"\$(?:frame|blob)":(?:\{[^{}]*?"digest":)?"([0-9a-f]{64})"')


def append_unit(lease: Lease, entries: Sequence[Entry], head: Head | None) -> bytes:
    """Return the unit that appends entries under a lease and may change the head."""
    rows = [to_row(entry, lease.workflow_id) for entry in entries]
    line = None if head is None else _line(head)
    return _encode(("append", lease.execution_id, lease.epoch, rows, line, _blobs_in(rows)))


def start_unit(
    new: NewExecution, entries: Sequence[Entry], head: Head, *, lease_seconds: float
) -> bytes:
    """Return the unit that stores a new execution."""
    rows = [to_row(entry, new.workflow_id) for entry in entries]
    facts = (
        new.id,
        new.workflow_id,
        new.digest,
        new.trigger,
        new.created_at,
        new.key,
        new.user,
        new.session,
        new.chat,
    )
    return _encode(("start", facts, rows, _line(head), (lease_seconds, _blobs_in(rows))))


def once_unit(operation: str, *arguments: Any) -> bytes:
    """Return a unit that takes effect once, however often it is sent."""
    return _encode((operation, new_id(), *arguments))


def plain_unit(operation: str, *arguments: Any) -> bytes:
    """Return a unit that changes nothing, so that its repetition needs no memory."""
    return _encode((operation, *arguments))


def _line(head: Head) -> tuple[str, int | None, int | None, str]:
    return head.status, head.wake_at, head.finished_at, head.error


def _blobs_in(rows: Sequence[Row]) -> list[str]:
    """Return the digests of the blobs that the payloads refer to."""
    found: set[str] = set()
    for row in rows:
        if '"$frame"' in row.payload or '"$blob"' in row.payload:
            found.update(_BLOB.findall(row.payload))
    return sorted(found)
