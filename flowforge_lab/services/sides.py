"""The two sides of a comparison, as people name them: a file, a file in a commit, a workflow."""

from pathlib import Path

from flowforge_lab.clients import read_commit
from flowforge_lab.spec import Difference, Document, Workflow, compare, stem_of


def read_written(name: str, folder: Path) -> Document | None:
    """Return the document in a file, or in a commit for `REVISION:path`; `None` where `name` is neither.

    Raises:
        NotFoundError: git has no such file.
        DocumentError: the text cannot be read as a workflow.
    """
    path = folder / name
    if path.is_file():
        return Document.read(path)
    if ":" not in name:
        return None
    inside = Path(name.partition(":")[2])
    return Document.parse(read_commit(name, folder), source=name, stem=stem_of(inside))


def compare_documents(old: Document, new: Document) -> Difference:
    """Return what is different; a document that does not write its id has that of the other."""
    if "id" in old.tree:
        return compare(old.workflow, new.workflow if "id" in new.tree else _called(new, old))
    return compare(_called(old, new), new.workflow)


def _called(document: Document, other: Document) -> Workflow:
    return document.workflow.model_copy(update={"id": other.workflow.id})
