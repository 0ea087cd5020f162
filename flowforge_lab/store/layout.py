"""Where everything lies in a lab's `.flowforge` folder, and how that folder is made."""

import os
from pathlib import Path

import msgspec

from flowforge_lab.errors import StoreUnavailableError, StoreVersionError

from .database import Target
from .objects import Objects

FORMAT = 1
"""The version of the folder's layout, kept in the file `version`."""

_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs"})


class Layout(msgspec.Struct, frozen=True):
    """The places in one lab's `.flowforge` folder."""

    folder: Path
    shared: Path | None = None
    """Where segments, blobs and artifacts lie that several machines work with; else in `folder`."""
    objects: Objects | None = None
    """Where segments and blobs lie for all machines; then `folder` holds copies of them."""

    @property
    def depot(self) -> Path:
        """The folder of segments, blobs and artifacts."""
        return self.shared or self.folder

    @property
    def journal(self) -> Path:
        """The journal's database; only the owner process may open it."""
        return self.folder / "journal.db"

    @property
    def _folder_of_kept(self) -> Path:
        return self.depot if self.objects is None else self.folder

    @property
    def segments(self) -> Path:
        """The folder of the sealed part of the history."""
        return self._folder_of_kept / "segments"

    @property
    def blobs(self) -> Path:
        """The folder of big values."""
        return self._folder_of_kept / "blobs"

    @property
    def artifacts(self) -> Path:
        """The folder of files that executions keep."""
        return self.depot / "artifacts"

    @property
    def history(self) -> Path:
        """The DuckDB database for other programs to read."""
        return self.folder / "history.duckdb"

    @property
    def version(self) -> Path:
        """The file that says which layout this is."""
        return self.folder / "version"

    @property
    def moved(self) -> Path:
        """The file that says which database the journal was moved to."""
        return self.folder / "moved"


def lay_out(folder: Path, *, shared: Path | None = None, objects: Objects | None = None) -> Layout:
    """Return the layout of `folder`, made where it is missing, closed to other users.

    A folder that cannot be written is taken as it is. With `shared` (a journal in a database) the folder
    may lie on a network's disk, and what many machines work with lies there, or in `objects`.

    Raises:
        StoreVersionError: a newer version of the product laid it out.
        StoreUnavailableError: it cannot be made or entered.
    """
    layout = Layout(folder.absolute(), shared.absolute() if shared else None, objects)
    if shared is None and not is_read_only(folder):
        _refuse_remote(layout.folder)
    try:
        if not is_read_only(folder):
            _make(layout)
        found = layout.version.read_text(encoding="utf-8").strip()
    except OSError as error:
        msg = f"the lab's folder {folder} cannot be made or entered: {error.strerror or error}"
        raise StoreUnavailableError(msg) from error
    if not found.isdigit() or int(found) > FORMAT:
        msg = (
            f"{layout.version} says {found!r}, this version of flowforge-lab reads up to {FORMAT}:"
            " upgrade flowforge-lab"
        )
        raise StoreVersionError(msg)
    return layout


def lay_out_for(folder: Path, target: Target | None) -> Layout:
    """Return the layout of `folder` (a lab's `.flowforge`) for a journal in it or, with a target, elsewhere.

    Raises as `lay_out` does, and `StoreUnavailableError` where the object store cannot be used.
    """
    if target is None:
        return lay_out(folder)
    objects = None if target.objects is None else Objects(target.objects)
    return lay_out(folder, shared=target.shared, objects=objects)


def is_read_only(folder: Path) -> bool:
    """Whether the folder is there and nothing can be written in it, by its mode or by its medium."""
    return folder.is_dir() and not os.access(folder, os.W_OK)


def refuse_moved(layout: Layout) -> None:
    """Do nothing where the journal is in this folder.

    Raises:
        StoreUnavailableError: it was moved to a database, and going on here would make two of it.
    """
    try:
        place = layout.moved.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return
    msg = (
        f"the journal of this lab was moved to PostgreSQL at {place}: set FLOWFORGE_DATABASE_URL"
        f" (to go back to what it was before, delete {layout.moved})"
    )
    raise StoreUnavailableError(msg)


def _refuse_remote(folder: Path) -> None:
    kind = file_system_of(folder)
    if kind in _REMOTE:
        msg = (
            f"{folder} lies on {kind}, where a journal's locks cannot be trusted: keep the lab on a"
            " local disk, or use PostgreSQL (FLOWFORGE_DATABASE_URL)"
        )
        raise StoreUnavailableError(msg)


def file_system_of(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Return the kind of file system `path` lies on; empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        _device, place, this_kind, *_ = line.split(" ")
        if path.absolute().is_relative_to(place) and len(place) >= len(best):
            best, kind = place, this_kind
    return kind


def _make(layout: Layout) -> None:
    if not layout.folder.is_dir():
        layout.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (layout.segments, layout.blobs, layout.artifacts):
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_once(layout.folder / ".gitignore", "*\n")
    _write_once(layout.version, f"{FORMAT}\n")


def _write_once(path: Path, text: str) -> None:
    if not path.exists() or not path.stat().st_size:  # empty after a power cut
        path.write_text(text, encoding="utf-8")
