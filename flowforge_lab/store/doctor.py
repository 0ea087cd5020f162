"""Looks a store over and says what is wrong and what would mend it; changes nothing."""

import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from flowforge_lab.errors import StoreError

from .blobs import FileBlobs
from .layout import Layout, is_read_only
from .reading import Reader
from .segments import SegmentFiles
from .tail import Segment
from .views import FILES

_NEEDED_BYTES = 100_000_000
_NOTHING_BYTES = 500_000  # told as 0 MB
_PLENTY_BYTES = 1_000_000_000


class Finding(msgspec.Struct, frozen=True):
    """One thing found: `ok`, `warning` or `error`, and for the last two what would mend it."""

    check: str
    level: Literal["ok", "warning", "error"]
    message: str
    remedy: str = ""


def examine(
    layout: Layout, reader: Reader, *, blobs: FileBlobs, files: SegmentFiles
) -> list[Finding]:
    """Return what every check found; a check without trouble says `ok` once. Blocks this thread."""
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "permissions": lambda: _permissions(layout.folder),
        "space": lambda: _space(layout.folder),
        "owner": lambda: _owner(reader),
        "journal": lambda: _journal(reader),
        "segments": lambda: _segments(files, reader),
        "blobs": lambda: _blobs(reader, blobs),
    }
    findings: list[Finding] = []
    for name, check in checks.items():
        try:
            found = list(check())
        except (StoreError, OSError) as error:
            found = [Finding(name, "error", str(error), "see the message; then run doctor again")]
        findings += found or [Finding(name, "ok", "nothing wrong")]
    return findings


def _permissions(folder: Path) -> Iterator[Finding]:
    for path in (folder, *folder.glob("journal.db*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            message = f"{path} is open to other users (mode {mode:o})"
            yield Finding("permissions", "warning", message, f"chmod go= {path}")
    if is_read_only(folder):
        message = f"{folder} is read-only: it can be looked at, and nothing can run"
        remedy = "mount it writable, or change its owner, if something shall run in it"
        yield Finding("permissions", "warning", message, remedy)


def _space(folder: Path) -> Iterator[Finding]:
    if is_read_only(folder):
        return
    free = shutil.disk_usage(folder).free
    if free < _PLENTY_BYTES:
        told = f"{free / 1e6:,.0f} MB are free on the disk of {folder}"
        message = f"only {told}" if free >= _NOTHING_BYTES else f"the disk is full: {told}"
        remedy = "free some space; `retention_days` lets the lab forget old executions"
        yield Finding("space", "error" if free < _NEEDED_BYTES else "warning", message, remedy)


def _owner(reader: Reader) -> Iterator[Finding]:
    reader.ask("meta", {}, kind=list[list[str]])
    yield from ()


def _journal(reader: Reader) -> Iterator[Finding]:
    for line in reader.ask("integrity", {}, kind=list[str]):
        if line != "ok":
            remedy = "stop all users of the lab and restore a backup"
            yield Finding("journal", "error", f"journal.db is damaged: {line}", remedy)


def _segments(files: SegmentFiles, reader: Reader) -> Iterator[Finding]:
    listed = reader.ask("list_segments", {}, kind=list[Segment])
    for part in listed:
        try:
            files.have([part.name])
        except StoreError as error:
            yield Finding("segments", "error", str(error), "restore it from a backup")
            continue
        for kind, path in zip(FILES, files.paths(part.name), strict=True):
            yield from _segment_file(path, part, kind)
    known = {part.name for part in listed}
    known |= {
        name for [name] in reader.ask("dropped_segments", {"before": 2**62}, kind=list[list[str]])
    }
    orphans = [path for path in files.folder.iterdir() if path.stem.partition("-")[2] not in known]
    if orphans:
        message = f"{len(orphans)} files in {files.folder} belong to no segment"
        remedy = "nothing to do: housekeeping deletes them after an hour"
        yield Finding("segments", "warning", message, remedy)


def _segment_file(path: Path, part: Segment, kind: str) -> Iterator[Finding]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.ParquetFile(path).metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        remedy = "restore the file from a backup; the rest of the history is readable without it"
        yield Finding("segments", "error", f"{path} cannot be read: {error}", remedy)
        return
    if kind == "events" and rows != part.rows:
        message = f"{path} holds {rows} rows, expected {part.rows}"
        yield Finding("segments", "error", message, "restore the file from a backup")


def _blobs(reader: Reader, blobs: FileBlobs) -> Iterator[Finding]:
    used = {row[0] for row in reader.ask("blob_refs", {}, kind=list[list[str]])}
    there = set(blobs.digests())
    missing = sorted(used - there)
    if missing:
        message = f"{len(missing)} blobs are referred to and not there, such as {missing[0]}"
        yield Finding("blobs", "error", message, "restore the folder blobs from a backup")
    damaged = [digest for digest in sorted(used & there) if not blobs.is_whole(digest)]
    if damaged:
        message = f"{len(damaged)} blobs are damaged, such as {damaged[0]}"
        yield Finding("blobs", "error", message, "restore the folder blobs from a backup")
    orphans = len(there - used)
    if orphans:
        message = f"{orphans} blobs are not referred to by any execution"
        remedy = "nothing to do: housekeeping deletes them after a day"
        yield Finding("blobs", "warning", message, remedy)
