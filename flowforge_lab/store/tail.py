"""Pages of what is not sealed yet, and how their rows enter DuckDB."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

import msgspec

from .reading import Reader
from .records import ExecutionHead

if TYPE_CHECKING:  # DuckDB is heavy, and many who open a store ask no history
    import duckdb

PAGE_ROWS = 5000


class ChangedHead(ExecutionHead, frozen=True, array_like=True):
    """A head and the number of its latest change."""

    changed: int


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """A sealed part of the history: all events from position `lo` to `hi`."""

    name: str
    lo: int
    hi: int
    rows: int
    bytes: int
    first_id: str
    last_id: str
    first_at: int
    last_at: int
    created_at: int


class TailPage(msgspec.Struct, frozen=True):
    """One moment of the journal: what is sealed, some rows behind it, and what changed beside them.

    `marks` are dead letters that were retried or dismissed, each with the number of that change last.
    """

    rows: list[tuple[Any, ...]]
    segments: list[Segment]
    sealed_to: int
    last: int
    has_more: bool
    heads: list[ChangedHead]
    changed: int
    open_visits: list[tuple[str, str, int, str, str, int]]
    marks: list[tuple[str, str, str, str, str, int]]


class Target(msgspec.Struct, frozen=True):
    """A table of the history: the Arrow types its rows come in, and what they are turned into.

    Times come as microseconds; `select` makes them times.
    """

    name: str
    columns: dict[str, str]
    select: str


RECENT_EVENTS = Target(
    "recent_events",
    {
        "id": "int64",
        "execution_id": "string",
        "seq": "int32",
        "event_id": "string",
        "happened_at": "int64",
        "type": "string",
        "workflow_id": "string",
        "node": "string",
        "kind": "string",
        "visit": "int32",
        "attempt": "int32",
        "status": "string",
        "started_at": "int64",
        "duration": "float64",
        "payload": "string",
    },
    """id, execution_id, seq, event_id, make_timestamptz(happened_at) as happened_at, type,
      workflow_id, node, kind, visit, attempt, status,
      make_timestamptz(nullif(started_at, 0)) as started_at, duration, payload::json as payload""",
)
LIVE_EXECUTIONS = Target(
    "live_executions",
    {
        "id": "string",
        "workflow_id": "string",
        "digest": "string",
        "trigger": "string",
        "created_at": "int64",
        "user": "string",
        "session": "string",
        "chat": "string",
        "status": "string",
        "wake_at": "int64",
        "parent": "string",
        "origin": "string",
    },
    """id, workflow_id, digest, trigger, make_timestamptz(created_at), "user", session, chat,
      status, make_timestamptz(wake_at), parent, origin""",
)
OPEN_VISITS = Target(
    "open_visits",
    {
        "execution_id": "string",
        "workflow_id": "string",
        "visit": "int32",
        "node": "string",
        "kind": "string",
        "started_at": "int64",
    },
    "execution_id, workflow_id, visit, node, kind, make_timestamptz(started_at)",
)
DEAD_LETTER_MARKS = Target(
    "dead_letter_marks",
    dict.fromkeys(("execution_id", "status", "retried_as", "dismissed_by", "reason"), "string"),
    "execution_id, status, retried_as, dismissed_by, reason",
)


class Place(msgspec.Struct, frozen=True):
    """How far somebody has read: behind which event, which changed head, which marked dead letter."""

    after: int = 0
    changed: int = 0
    marked: int = 0


def read_page(
    reader: Reader, place: Place, *, with_open: bool = False, limit: int = PAGE_ROWS
) -> TailPage:
    """Return the next page behind a place; blocks this thread."""
    params = {**msgspec.structs.asdict(place), "limit": limit, "with_open": with_open}
    return reader.ask("tail", params, kind=TailPage)


def insert(
    database: "duckdb.DuckDBPyConnection", target: Target, rows: Sequence[Sequence[Any]]
) -> None:
    """Add rows to a table of the history."""
    if not rows:
        return
    import pyarrow as pa

    schema = pa.schema([(name, getattr(pa, kind)()) for name, kind in target.columns.items()])
    by_column = zip(*rows, strict=True)
    arrays = [pa.array(column, part.type) for column, part in zip(by_column, schema, strict=True)]
    database.register("arriving", pa.Table.from_arrays(arrays, schema=schema))
    database.execute(f"insert into {target.name} select {target.select} from arriving")
    database.unregister("arriving")


def remove(database: "duckdb.DuckDBPyConnection", target: Target, keys: Sequence[str]) -> None:
    """Delete the rows whose first column is one of `keys`."""
    if keys:
        [key, *_others] = target.columns
        database.execute(f"delete from {target.name} where {key} in (select unnest(?))", [keys])
