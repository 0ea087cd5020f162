"""Where a lab lies: the folder that holds `.flowforge`, found upwards like `.git`."""

from pathlib import Path

from flowforge_lab.errors import NotFoundError

FOLDER = ".flowforge"


def find_root(start: Path) -> Path | None:
    """Return the nearest folder at or above `start` that holds a lab, or `None`."""
    here = start.absolute()
    for folder in (here, *here.parents):
        if (folder / FOLDER).is_dir():
            return folder
    return None


def root_for(folder: Path | str | None) -> Path:
    """Return the lab's root for what the caller named: that folder, or the one found, or the present one.

    Raises:
        NotFoundError: the named folder does not exist.
    """
    if folder is None:
        return find_root(Path.cwd()) or Path.cwd()
    path = Path(folder)
    if not path.is_dir():
        msg = f"there is no folder {path}; `flowforge init {path}` makes a lab there"
        raise NotFoundError(msg)
    return path.absolute() if path.name != FOLDER else path.absolute().parent
