"""Files of a workflow: relative to its folder, and inside it; and files as values."""

import mimetypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


def save_inside(folder: Path, relative: str, content: bytes) -> Path:
    """Write the file at `relative`, whole or not at all, and return it; folders are made.

    Raises:
        NodeError: it leads out of the folder (`file.outside`), or cannot be written (`file.not_written`).
    """
    root = folder.resolve()
    try:
        path = (root / relative).resolve()
        if not path.is_relative_to(root) or path == root:
            msg = f"{relative!r} leads out of the workflow's folder"
            raise NodeError(msg, type="file.outside", is_transient=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        beside.write_bytes(content)
        beside.replace(path)
    except (OSError, ValueError) as error:
        msg = f"cannot write {relative!r:.80}"
        raise NodeError(msg, type="file.not_written", detail=str(error)) from error
    return path


def file_content(value: Any) -> tuple[str, bytes]:
    """Return the name (maybe empty) and the bytes of a file that came along an edge, or of bytes or text.

    Raises:
        NodeError: it is none of them (`file.no_content`).
    """
    name = ""
    if isinstance(value, Mapping) and "content" in value:
        name, value = str(value.get("name") or ""), value["content"]
    if isinstance(value, str):
        return name, value.encode()
    if isinstance(value, bytes):
        return name, value
    msg = "there is no file here"
    raise NodeError(
        msg,
        type="file.no_content",
        detail=f"expected bytes, a text or a file with 'content', found {type(value).__name__}",
        is_transient=False,
    )


_TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def media_type_of(name: str) -> str:
    """Return the media type that a file's name tells."""
    ending = os.path.splitext(name)[1].lower()  # noqa: PTH122  # a name, not a path
    return _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
