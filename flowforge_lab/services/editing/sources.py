"""What an editor may be opened on."""

from dataclasses import replace
from pathlib import Path

from flowforge_lab.errors import NotFoundError
from flowforge_lab.spec import Document, Workflow, stem_of


def read_source(source: str | Path | Workflow | Document, *, root: Path | None = None) -> Document:
    """Return the document of a path, a workflow or a document.

    A relative path that leads nowhere from here is looked for in `root`, the lab's folder, as for a run.
    A path without a file gives an empty workflow that the first save writes there.

    Raises:
        NotFoundError: the folder of the path does not exist.
        DocumentError: the file is no workflow.
    """
    if isinstance(source, Document):
        return source
    if isinstance(source, Workflow):
        return Document.of(source)
    path = Path(source)
    if root is not None and not path.exists() and (root / path).exists():
        path = root / path
    if path.exists():
        return Document.read(path)
    if not path.parent.is_dir():
        msg = f"there is no folder {path.parent} to keep {path.name} in"
        raise NotFoundError(msg)
    return replace(Document.empty(stem_of(path)), path=path)
