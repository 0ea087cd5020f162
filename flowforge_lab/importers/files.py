"""A document of another product in a file."""

from pathlib import Path

from flowforge_lab.errors import NotFoundError

from .foreign import Source, read_foreign
from .reading import MAX_BYTES, refusal
from .report import Imported


def import_file(path: Path | str, source: Source | None = None) -> Imported:
    """Return the workflows in another product's file, and what became of each node.

    Raises:
        NotFoundError: there is no such file.
        DocumentError: it is no document of that product, or of any that is known.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"there is no file {str(path)!r}"
        raise NotFoundError(msg)
    if path.stat().st_size > MAX_BYTES:
        msg = f"expected at most {MAX_BYTES:,} bytes, found {path.stat().st_size:,}"
        raise refusal(msg)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path}: expected UTF-8 text, found byte {error.start} that is not"
        raise refusal(msg) from error
    stem = path.name.partition(".")[0] or "imported"
    return read_foreign(
        text, source=source, stem=stem, has_file=lambda name: _is_beside(path, name)
    )


def _is_beside(path: Path, name: str) -> bool:
    """Whether a file lies where a document says, below its own folder."""
    folder = path.absolute().parent
    try:
        return (
            bool(name)
            and (folder / name).resolve().is_relative_to(folder)
            and (folder / name).is_file()
        )
    except (OSError, ValueError):
        return False
