"""The file behind an editor: what was read, what is changed since, who else changed it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowforge_lab.errors import ConflictError, FlowForgeError
from flowforge_lab.spec import Document, Workflow


class Filing:
    """A document at rest and the workflow as it is edited. `document.workflow` is what the file says."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.has_conflict = False
        self._seen: tuple[int, int] | None = self._look()
        self._renamed: dict[str, str] = {}

    @property
    def path(self) -> Path | None:
        """Where it is kept; `None` for a workflow that was built in Python."""
        return self.document.path

    def is_dirty(self, workflow: Workflow) -> bool:
        """Whether the workflow says something that the file does not."""
        return workflow != self.document.workflow

    def note_rename(self, old: str, new: str) -> None:
        """Remember that a node of the file has another id now, so that it keeps its comments."""
        origin = next((id for id, now in self._renamed.items() if now == old), old)
        self._renamed[origin] = new

    def current(self, workflow: Workflow) -> Document:
        """Return the document as it would be saved now, comments kept."""
        if not self.is_dirty(workflow):
            return self.document
        return self.document.with_workflow(workflow, renamed=self._moved())

    def _moved(self) -> Mapping[str, str]:
        return {old: new for old, new in self._renamed.items() if old != new}

    def save(self, workflow: Workflow, *, path: Path | None, force: bool) -> Document:
        """Write the file and return the document at rest.

        Raises:
            ConflictError: somebody else changed the file, and `force` is not set; nothing was written.
            NotFoundError: there is no file yet and `path` names none.
        """
        try:
            self.document = self.current(workflow).write(path, force=force)
        except ConflictError:
            self.has_conflict = self._is_foreign()
            raise
        self._rest()
        return self.document

    def reload(self) -> Workflow:
        """Read the file again and return what it says; edits since the last save are gone.

        Raises:
            NotFoundError: the file is gone.
            DocumentError: it is no workflow any more.
        """
        if self.path is not None:
            self.document = Document.read(self.path)
        self._rest()
        return self.document.workflow

    def take(self, document: Document) -> Workflow:
        """Have `document` at rest, which somebody else keeps, and return what it says."""
        self.document = document
        self._rest()
        return document.workflow

    def _rest(self) -> None:
        self.has_conflict = False
        self._renamed.clear()
        self._seen = self._look()

    def check(self) -> bool:
        """Look whether somebody else changed the file; return whether the answer is new."""
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        before = self.has_conflict
        self.has_conflict = self._is_foreign()
        return before != self.has_conflict

    def _look(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _is_foreign(self) -> bool:
        """Whether the file says something else than what was read or written last; a missing one does not."""
        if self.path is None or not self.path.exists():
            return False
        try:
            return Document.read(self.path).stamp != self.document.stamp
        except FlowForgeError:
            return True

    def describe(self, workflow: Workflow) -> dict[str, Any]:
        """Return what the editor shows of the file, as JSON values."""
        return {
            "name": self.path.name if self.path else "",
            "dirty": self._seen is None or self.is_dirty(workflow),
            "conflict": self.has_conflict,
        }
