"""Turns the journal's tail into immutable Parquet segments, and keeps those few and young enough."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import StoreError, StoreFullError
from flowforge_lab.ids import new_id

from .blobs import sync_folder
from .ends import Alone
from .reading import Reader
from .segments import SegmentFiles
from .tail import RECENT_EVENTS, Place, Segment, insert, read_page
from .views import FILES, RECENT, literal, select_sealed
from .writing import Writer

if TYPE_CHECKING:  # heavy, and only who seals needs it
    import duckdb

SEAL_ROWS = 20_000
_MAX_SEAL_ROWS = 50_000
_SHORT_PAGE = 1_000  # rows are turned about in one go each, in which no other thread has a turn
_ROW_GROUP = 20_480  # DuckDB's row groups are whole vectors of 2,048
_CODECS = {"executions": "lz4_raw"}  # sorted and paged through on screens: read often, and small
_MERGE_COUNT = 8
_MERGED_ROWS = 2_000_000
_PRUNE_STEP = 2_000
_KEEP_DROPPED_US = 600_000_000
_ORDER = {
    "events": "execution_id, seq",
    "steps": "execution_id, finished_at",
    "attempts": "execution_id, finished_at",
    "executions": "execution_id",
}


class Sealed(msgspec.Struct, frozen=True):
    """What one sealing did: the segment's name and how many events it holds."""

    name: str
    rows: int


class Sealer:
    """Any process may seal; one at a time does. All methods block the thread they are called in."""

    def __init__(
        self, files: SegmentFiles, writer: Writer, reader: Reader, *, alone: Alone, clock: Clock
    ) -> None:
        self._files = files
        self._alone = alone
        self._writer = writer
        self._reader = reader
        self._clock = clock

    def seal(self, *, min_rows: int = SEAL_ROWS) -> Sealed | None:
        """Seal the oldest part of the tail; `None` if it is too short or somebody else is at it."""
        with self._alone() as is_mine:
            if not is_mine:
                return None
            sealed = self._seal(min_rows)
            self._prune()
            return sealed

    def merge(self) -> int:
        """Join runs of small neighbouring segments into big ones; return how many were joined."""
        with self._alone() as is_mine:
            runs = list(_small_runs(self._segments())) if is_mine else []
            for run in runs:
                self._rewrite(run, "true")
            return sum(len(run) for run in runs)

    def drop_before(self, at: int, *, is_exact: bool = False) -> int:
        """Drop executions that ended before `at` (microseconds, UTC); return how many segments changed.

        A segment is looked at once all that is in it is older, with `is_exact` once something is. An
        execution stays whole until it is over, and its end that old.
        """
        with self._alone() as is_mine:
            parts = self._segments() if is_mine else []
            old = [part for part in parts if (part.first_at if is_exact else part.last_at) < at]
            gone = _ended_before(at, self._files, old)
            self._forget_executions(self._execution_ids(gone))
            kept = f"execution_id not in ({gone})"
            changed = [part for part in old if self._count(part, kept) < part.rows]
            for part in changed:
                self._rewrite([part], kept)
            self._writer.do_from_thread("prune_heads", before=at)
            return len(changed)

    def erase(self, execution_ids: Sequence[str]) -> int:
        """Delete finished executions everywhere; return how many segments were rewritten.

        Raises:
            StoreError: another process is sealing; ask again.
        """
        with self._alone() as is_mine:
            if not is_mine:
                msg = "another process is sealing the history; try again"
                raise StoreError(msg)
            ids = json.dumps(list(execution_ids))
            self._writer.do_from_thread("erase_events", ids=ids)
            wanted = ", ".join(literal(name) for name in execution_ids)
            touched = [part for part in self._segments() if _may_hold(part, execution_ids)]
            for part in touched:
                self._rewrite([part], f"execution_id not in ({wanted})")
            self._forget_executions(list(execution_ids))
            return len(touched)

    def sweep_files(self) -> int:
        """Delete files that no reader can need any more; return how many segments went."""
        with self._alone() as is_mine:
            if not is_mine:
                return 0
            before = self._now() - _KEEP_DROPPED_US
            rows = self._reader.ask("dropped_segments", {"before": before}, kind=list[list[str]])
            names = [name for [name] in rows]
            self._files.delete(names)
            self._writer.do_from_thread("forget_segments", names=json.dumps(names))
            self._sweep_orphans(self._now() / 1e6 - 3600)
            return len(names)

    def read_execution(self, execution_id: str) -> list[tuple[Any, ...]]:
        """Return the sealed rows of one execution, in order, in the columns of `events.Row`."""
        parts = self._reader.ask("segment_of", {"id": execution_id}, kind=list[Segment])
        if not parts:
            return []
        source = self._files.relation("events", [part.name for part in parts])
        with _duckdb() as database:
            return database.execute(
                f"""select execution_id, seq, event_id, epoch_us(happened_at), type, workflow_id, node, kind,
                  visit, attempt, status, coalesce(epoch_us(started_at), 0), duration,
                  payload::varchar from {source} where execution_id = ? order by seq""",
                [execution_id],
            ).fetchall()

    def _seal(self, min_rows: int) -> Sealed | None:
        pages: list[list[tuple[Any, ...]]] = []
        count, after, has_more = 0, 0, True
        while has_more and count < _MAX_SEAL_ROWS:
            page = read_page(self._reader, Place(after), limit=_SHORT_PAGE)
            pages.append(page.rows)
            count += len(page.rows)
            after, has_more = page.last, page.has_more
        if count < max(min_rows, 1):
            return None
        with _duckdb() as database:
            database.execute(RECENT)
            for rows in pages:
                insert(database, RECENT_EVENTS, rows)
            segment = self._write(database, RECENT_EVENTS.name)
        self._writer.do_from_thread("add_segment", now=self._now(), **_facts(segment))
        return Sealed(segment.name, segment.rows)

    def _write(self, database: "duckdb.DuckDBPyConnection", source: str) -> Segment:
        """Write the files of a new segment from a relation of events; nobody knows them yet."""
        [(lo, hi, count, first_id, last_id, first_at, last_at)] = database.execute(
            f"""select min(id), max(id), count(*), min(execution_id), max(execution_id),
              epoch_us(min(happened_at)), epoch_us(max(happened_at)) from {source}"""
        ).fetchall()
        name = f"{lo:014d}-{hi:014d}-{new_id()[-8:]}"
        paths = self._files.paths(name)
        for kind, path in zip(FILES, paths, strict=True):
            query = f"{select_sealed(kind, source)} order by {_ORDER[kind]}"
            _write_parquet(database, query, path, codec=_CODECS.get(kind, "zstd"))
        sync_folder(self._files.folder)
        self._files.keep(name)
        size = sum(path.stat().st_size for path in paths)
        return Segment(
            name, lo, hi, count, size, first_id, last_id, first_at, last_at, self._now()
        )

    def _rewrite(self, old: Sequence[Segment], condition: str) -> None:
        """Write one segment with the rows of `old` that meet the condition, in their place."""
        source = self._files.relation("events", [part.name for part in old])
        with _duckdb() as database:
            database.execute(f"create view kept as select * from {source} where {condition}")
            [(count,)] = database.execute("select count(*) from kept").fetchall()
            segment = self._write(database, "kept") if count else None
        if segment is not None:  # it stands for all that the old ones stood for
            lo, hi = min(part.lo for part in old), max(part.hi for part in old)
            segment = msgspec.structs.replace(segment, lo=lo, hi=hi)
        self._replace(old, segment)

    def _replace(self, old: Sequence[Segment], new: Segment | None) -> None:
        nothing = Segment("", 0, 0, 0, 0, "", "", 0, 0, 0)
        names = json.dumps([part.name for part in old])
        self._writer.do_from_thread(
            "replace_segments", now=self._now(), old=names, **_facts(new or nothing)
        )

    def _prune(self) -> None:
        """Take out of the journal what is sealed: whole finished executions, in short steps."""
        rows = self._reader.ask("meta", {}, kind=list[tuple[str, str]])
        meta = dict(rows)
        sealed, lo = int(meta.get("sealed_to", 0)), int(meta.get("pruned_to", 0))
        while lo < sealed:
            step = {"lo": lo, "sealed": sealed, "limit": _PRUNE_STEP}
            [[hi]] = self._reader.ask("prune_step", step, kind=list[list[int]])
            self._writer.do_from_thread("prune_events", lo=lo, hi=hi, sealed=sealed)
            lo = hi

    def _segments(self) -> list[Segment]:
        return self._reader.ask("list_segments", {}, kind=list[Segment])

    def _execution_ids(self, query: str) -> list[str]:
        with _duckdb() as database:
            return [str(row[0]) for row in database.execute(query).fetchall()]

    def _count(self, part: Segment, condition: str) -> int:
        source = self._files.relation("events", [part.name])
        with _duckdb() as database:
            query = f"select count(*) from {source} where {condition}"
            [(count,)] = database.execute(query).fetchall()
            return int(count)

    def _forget_executions(self, ids: list[str]) -> None:
        for start in range(0, len(ids), _PRUNE_STEP):
            some = json.dumps(ids[start : start + _PRUNE_STEP])
            self._writer.do_from_thread("forget_executions", ids=some)

    def _sweep_orphans(self, before: float) -> None:
        known = {part.name for part in self._segments()}
        dropped = self._reader.ask(
            "dropped_segments", {"before": self._now()}, kind=list[list[str]]
        )
        known |= {name for [name] in dropped}
        self._files.sweep(known, before)

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1_000_000)


def _facts(segment: Segment) -> dict[str, Any]:
    facts = msgspec.structs.asdict(segment)
    del facts["created_at"]
    return facts


def _ended_before(at: int, files: SegmentFiles, segments: Sequence[Segment]) -> str:
    """Return the query for the executions that ended before `at`, and whose end is in these segments."""
    if not segments:
        return "select '' where false"
    ends = files.relation("executions", [part.name for part in segments])
    return f"select execution_id from {ends} where finished_at < make_timestamptz({at})"


def _may_hold(part: Segment, execution_ids: Sequence[str]) -> bool:
    return any(part.first_id <= name <= part.last_id for name in execution_ids)


def _small_runs(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield runs of neighbours that together make one segment of a good size."""
    run: list[Segment] = []
    for part in segments:
        is_full = sum(other.rows for other in run) + part.rows > _MERGED_ROWS
        if run and (is_full or part.rows > _MERGED_ROWS // 2):
            if len(run) >= _MERGE_COUNT:
                yield run
            run = []
        if part.rows <= _MERGED_ROWS // 2:
            run.append(part)
    if len(run) >= _MERGE_COUNT:
        yield run


@contextlib.contextmanager
def _duckdb() -> Iterator["duckdb.DuckDBPyConnection"]:
    """Give a database in memory; a disk that takes nothing is told in our words."""
    import duckdb

    with duckdb.connect(":memory:") as database:
        database.execute("set TimeZone = 'UTC'")
        try:
            yield database
        except duckdb.IOException as error:
            msg = f"cannot read or write the history: {error}"
            raise StoreFullError(msg) from error


def _write_parquet(
    database: "duckdb.DuckDBPyConnection", query: str, path: Path, *, codec: str
) -> None:
    """Write the rows to a file that appears whole and survives a power cut."""
    draft = path.with_name(f".{path.name}.tmp")
    try:
        database.execute(
            f"copy ({query}) to {literal(str(draft))}"
            f" (format parquet, compression {codec}, row_group_size {_ROW_GROUP})"
        )
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
