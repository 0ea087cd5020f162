"""How old the history may be, so that what it takes on disk fits: only looks, changes nothing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING  # noqa: TID251  # see below

import msgspec

from .blobs import FileBlobs
from .reading import Reader
from .segments import SegmentFiles
from .tail import Segment

if TYPE_CHECKING:  # heavy, and mostly everything fits
    import duckdb

_ROW_BYTES = 100


class Extent(msgspec.Struct, frozen=True):
    """What the segments take on disk, and each blob that an execution refers to; the rest is swept anyway."""

    segments: Sequence[Segment]
    blobs: Mapping[str, int]

    @property
    def total_bytes(self) -> int:
        """All of it together."""
        return sum(part.bytes for part in self.segments) + sum(self.blobs.values())


def measure(reader: Reader, blobs: FileBlobs) -> Extent:
    """Return what the store takes on disk, but for the journal itself. Blocks this thread."""
    segments = reader.ask("list_segments", {}, kind=list[Segment])
    used = reader.ask("blob_refs", {}, kind=list[list[str]])
    return Extent(segments, {digest: blobs.size(digest) for [digest] in used})


def find_cut(files: SegmentFiles, reader: Reader, extent: Extent, *, max_bytes: int) -> int | None:
    """Return the time before which executions that ended must go for the rest to fit; `None` if it fits.

    It is close, not exact: what an execution takes in a segment is its share by length.
    """
    excess = extent.total_bytes - max_bytes
    if excess <= 0:
        return None
    ages = reader.ask("blob_ages", {}, kind=list[tuple[str, int]])
    sizes = [(at, extent.blobs.get(digest, 0)) for digest, at in ages]
    sizes += _execution_sizes(files, extent.segments)
    cut = None
    for at, size in sorted(sizes):
        if excess <= 0:
            break
        excess -= size
        cut = at + 1
    return cut


def _execution_sizes(files: SegmentFiles, segments: Sequence[Segment]) -> list[tuple[int, int]]:
    """Return when each sealed execution ended (microseconds, UTC) and about how many bytes it takes."""
    if not segments:
        return []
    import duckdb

    ends = files.relation("executions", [part.name for part in segments])
    with duckdb.connect(":memory:") as database:
        database.execute("create table shares(execution_id varchar, bytes double)")
        for part in segments:
            _add_shares(database, files.relation("events", [part.name]), part.bytes)
        return database.execute(
            f"""select epoch_us(finished_at), sum(bytes)::bigint from {ends}
              join shares using (execution_id) group by execution_id, finished_at"""
        ).fetchall()


def _add_shares(database: "duckdb.DuckDBPyConnection", source: str, size: int) -> None:
    database.execute(
        f"""insert into shares select execution_id, sum(length) * {size} / sum(sum(length)) over ()
          from (select execution_id, strlen(payload::varchar) + {_ROW_BYTES} as length from {source})
          group by 1"""
    )
