"""An event in its place in the journal, and the flat row it is stored as."""

from functools import cache
from typing import Any

import msgspec

from flowforge_lab.errors import StoreVersionError

from .vocabulary import AnyEvent, Event, ExecutionFinished

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One event of one execution: `seq` counts from 1 without a gap, `at` is microseconds since 1970, UTC.

    `event_id` is what makes a resend harmless: the journal takes an id once.
    """

    execution_id: str
    seq: int
    event_id: str
    at: int
    event: Event


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The stored form of an entry: a few typed columns for questions, and the whole event as JSON text."""

    execution_id: str
    seq: int
    event_id: str
    at: int
    type: str
    workflow_id: str
    node: str
    kind: str
    visit: int
    attempt: int
    status: str
    started_at: int
    duration: float
    payload: str


_STATUS = {
    "visit.succeeded": "succeeded",
    "visit.failed": "failed",
    "visit.cancelled": "cancelled",
    "attempt.failed": "failed",
}


@cache
def _told_by(event: type[Event]) -> tuple[str, str]:
    """Return what the class of an event says already: its name and the status it gives."""
    name = str(event.__struct_config__.tag)
    return name, _STATUS.get(name, "")


def to_row(entry: Entry, workflow_id: str) -> Row:
    """Return the row of `entry`; empty text and zero stand where an event has no such column."""
    event = entry.event
    fields: Any = event
    name, status = _told_by(type(event))
    if isinstance(event, ExecutionFinished):
        status = event.status
    return Row(
        entry.execution_id,
        entry.seq,
        entry.event_id,
        entry.at,
        name,
        workflow_id,
        getattr(fields, "node", ""),
        getattr(fields, "kind", ""),
        getattr(fields, "visit", 0),
        getattr(fields, "attempt", 0) or getattr(fields, "attempts", 0),
        status,
        getattr(fields, "started_at", 0),
        getattr(fields, "duration", 0.0),
        _encoder.encode(event).decode(),
    )


def from_row(row: Row) -> Entry:
    """Return the entry a row was made from.

    Raises:
        StoreVersionError: the event is of a type or shape that only a newer version knows.
    """
    try:
        event = _decoder.decode(row.payload)
    except msgspec.ValidationError as error:
        msg = (
            f"event {row.seq} of execution {row.execution_id} is a {row.type!r} this version cannot read"
            f" ({error}); it was written by a newer version: upgrade flowforge-lab"
        )
        raise StoreVersionError(msg) from error
    return Entry(row.execution_id, row.seq, row.event_id, row.at, event)
