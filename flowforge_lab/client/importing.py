"""Workflows of other products, taken in by a lab elsewhere."""

from pathlib import Path

from flowforge_lab.errors import ConflictError
from flowforge_lab.importers import Imported, Source, import_file
from flowforge_lab.spec import Document

from .wire import Wire


class Importing:
    """The call of a lab that takes in what was drawn elsewhere."""

    _wire: Wire

    def import_workflows(
        self, path: Path | str, *, source: Source | None = None, save: bool = True
    ) -> Imported:
        """Take the workflows in a file that lies here, save them there, and return the report.

        Raises:
            NotFoundError: there is no such file.
            DocumentError: it is no document of that product, or of any that is known.
            ConflictError: the lab has a workflow with such an id; nothing was saved.
        """
        found = import_file(path, source)
        if save:
            self._refuse_known(found)
            for one in found.workflows:
                sent = {"text": Document.of(one).text, "id": one.id}
                self._wire.ask("POST", "/api/workflows", json=sent)
        return found

    def _refuse_known(self, found: Imported) -> None:
        known = {one["id"] for one in self._wire.ask("GET", "/api/workflows")}
        for workflow in found.workflows:
            if workflow.id in known:
                msg = f"there is a workflow {workflow.id!r} already; nothing was imported"
                raise ConflictError(msg)
