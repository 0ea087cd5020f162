"""Files of a workflow: relative to its folder, and inside it."""

from pathlib import Path

from flowforge_lab.errors import NodeError


def path_inside(folder: Path, relative: str) -> Path:
    """Return the file at `relative`, all links resolved.

    Raises:
        NodeError: it leads out of the folder (`file.outside`), or is no file (`file.not_found`).
    """
    root = folder.resolve()
    try:
        path = (root / relative).resolve()
        is_file = path.is_file()
    except (OSError, ValueError) as error:  # a name that no file can have
        msg = f"no file {relative!r:.80}"
        detail = str(error)
        raise NodeError(msg, type="file.not_found", detail=detail, is_transient=False) from error
    if not path.is_relative_to(root):
        msg = f"{relative!r} leads out of the workflow's folder"
        raise NodeError(msg, type="file.outside", is_transient=False)
    if not is_file:
        msg = f"no file {relative!r}"
        detail = f"looked in {root}"
        raise NodeError(msg, type="file.not_found", detail=detail, is_transient=False)
    return path
