"""A whole lab as one archive, and a lab out of an archive."""

import io
import json
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from flowforge_lab.errors import (
    ConflictError,
    StoreFullError,
    StoreUnavailableError,
)
from flowforge_lab.ids import new_id

from . import manifest
from .layout import Layout, lay_out
from .reading import Reader

_FOLDERS = ("segments", "blobs", "artifacts")
_PRIVATE = ("journal.db", "projects.json")
"""What nobody but its owner may read."""
_FILES = ("version", ".gitignore", "flowforge.toml", "projects.json")
_CHUNK_BYTES = 1_000_000
_UNREADABLE = (OSError, EOFError, KeyError, zlib.error, tarfile.TarError, zipfile.BadZipFile)


def back_up(layout: Layout, reader: Reader, target: Path) -> int:
    """Write the store to `target` (`.zip`, `.tar`, `.tar.gz`) and return its size in bytes.

    It is of one moment, also while executions run: the owner copies the journal, and segments and
    blobs are never changed. Secrets are not part of the store and not of the archive.

    Raises:
        StoreFullError: the disk is full; `target` is as it was.
    """
    name = f"backup-{new_id()}.db"
    draft = target.with_name(f".{new_id()}.{target.name}")
    try:
        copy = Path(reader.ask("backup", {"name": name}, kind=str))
        _pack(draft, _members(layout, copy))
        draft.replace(target)
        return target.stat().st_size
    except OSError as error:
        msg = f"cannot write {target}: {error.strerror or error}"
        raise StoreFullError(msg) from error
    finally:
        draft.unlink(missing_ok=True)
        for left in layout.folder.glob(f"{name}*"):
            left.unlink(missing_ok=True)


def restore(archive: Path, folder: Path) -> None:
    """Make `folder` (a lab's `.flowforge`) the store that was backed up to `archive`.

    Raises:
        ConflictError: the folder holds a journal already.
        StoreUnavailableError: the archive cannot be read, is damaged or is not of a store.
    """
    if (folder / "journal.db").exists():
        msg = f"{folder} holds a store already; restore into another folder, or move it away"
        raise ConflictError(msg)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".restore-") as draft:
        try:
            _unpack(archive, Path(draft))
        except _UNREADABLE as error:
            why = (str(error).splitlines() or ["it ends too early"])[0]
            msg = f"cannot restore from {archive}: {why}"
            raise StoreUnavailableError(msg) from error
        if not (Path(draft) / "journal.db").exists():
            msg = f"{archive} holds no journal.db: it is not the backup of a store"
            raise StoreUnavailableError(msg)
        manifest.prove(Path(draft), archive)
        lay_out(Path(draft))
        for name in _PRIVATE:
            if (Path(draft) / name).is_file():
                (Path(draft) / name).chmod(0o600)
        folder.mkdir(mode=0o700, exist_ok=True)
        for part in sorted(Path(draft).iterdir(), key=lambda path: path.name == "journal.db"):
            _move(part, folder / part.name)


def _move(source: Path, target: Path) -> None:
    if target.is_dir():
        if any(target.iterdir()):
            msg = f"{target} is not empty; restore into another folder"
            raise ConflictError(msg)
        target.rmdir()
    source.replace(target)


def _members(layout: Layout, journal: Path) -> Iterator[tuple[str, Path]]:
    yield "journal.db", journal
    for name in _FILES:
        if (layout.folder / name).is_file():
            yield name, layout.folder / name
    for name in _FOLDERS:
        for path in sorted((layout.folder / name).rglob("*")):
            member = path.relative_to(layout.folder)
            is_draft = name != "artifacts" and any(part.startswith(".") for part in member.parts)
            if path.is_file() and not is_draft:
                yield str(member), path


def _pack(draft: Path, members: Iterator[tuple[str, Path]]) -> None:
    digests: dict[str, str] = {}
    if draft.suffix == ".zip":
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, path in members:
                digests[name] = _zip(packed, name, path)
            packed.writestr(manifest.NAME, json.dumps(digests))
        return
    mode: Literal["w:gz", "w"] = "w:gz" if draft.suffix in {".gz", ".tgz"} else "w"
    with tarfile.open(draft, mode) as archive:
        for name, path in members:
            digests[name] = _tar(archive, name, path)
        listed = json.dumps(digests).encode()
        entry = tarfile.TarInfo(manifest.NAME)
        entry.size = len(listed)
        archive.addfile(entry, io.BytesIO(listed))


def _zip(archive: zipfile.ZipFile, name: str, path: Path) -> str:
    entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as sink:
        counted = manifest.Counted(file)
        while part := counted.read(_CHUNK_BYTES):
            sink.write(part)
    return counted.digest


def _tar(archive: tarfile.TarFile, name: str, path: Path) -> str:
    with path.open("rb") as file:
        counted = manifest.Counted(file)
        archive.addfile(archive.gettarinfo(arcname=name, fileobj=file), counted)
    return counted.digest


def _unpack(archive: Path, folder: Path) -> None:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)  # noqa: S202  # zipfile itself keeps names inside the folder
        return
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
