"""Workflows of other products, as a lab takes them in."""

from pathlib import Path

from flowforge_lab.importers import Imported, Source, import_file
from flowforge_lab.services import keep_imported

from .loop import LoopThread
from .parts import Parts


class Importing:
    """The part of a lab that takes in what was drawn elsewhere."""

    parts: Parts
    _loop: LoopThread

    def import_workflows(
        self, path: Path | str, *, source: Source | None = None, save: bool = True
    ) -> Imported:
        """Take the workflows in a file of n8n, Node-RED, Elyra or Kestra, and return the report.

        Each is saved in the lab under its id, one with errors as a draft, unless `save` is false. Without
        `source` the product is found by the content.

        Raises:
            NotFoundError: there is no such file.
            DocumentError: it is no document of that product, or of any that is known.
            ConflictError: the lab has a workflow with such an id; nothing was saved.
        """
        found = import_file(path, source)
        if save:
            self._loop.run_sync(keep_imported(self.parts.documents, found))
        return found
