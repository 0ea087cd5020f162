"""What can be said of workflow files without opening a store: their node types and their problems."""

from functools import cached_property
from pathlib import Path

from flowforge_lab.clients import credentials_of
from flowforge_lab.errors import Problem
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import Shelf, find_problems, workflow_svg
from flowforge_lab.settings import load_connections, load_settings
from flowforge_lab.spec import Document

from .keepers import open_secrets
from .place import FOLDER, root_for


class Inspector:
    """Looks at workflow files as the lab in `folder` would see them; makes nothing and keeps nothing."""

    def __init__(self, folder: Path | None = None) -> None:
        self.root = root_for(folder)

    @cached_property
    def registry(self) -> Registry:
        """The node types there are, the lab's own included."""
        return Registry(self.root / "nodes")

    @cached_property
    def _surroundings(self) -> Surroundings:
        folder = self.root / FOLDER
        if not folder.is_dir():
            return Surroundings()
        names = frozenset(open_secrets(folder, load_settings(folder)).names())
        connections = load_connections(folder)
        needed = credentials_of(connections)
        return Surroundings(
            frozenset(connections),
            names,
            self.root,
            needed,
            self._shelf,
            has_all_workflows=False,  # some were built in Python: only the store knows them
        )

    def _shelf(self, folder: Path | None) -> Shelf:
        return Shelf(self.root) if folder is None else Shelf(folder, self.root)

    def problems_of(self, path: Path) -> list[Problem]:
        """Return everything that is wrong with a workflow file, errors first.

        Raises:
            NotFoundError: there is no such file.
            DocumentError: it cannot be read as a workflow at all.
        """
        return find_problems(Document.read(path), self.registry, self._surroundings)

    def picture_of(self, path: Path) -> str:
        """Return the graph of a workflow file as an SVG document, also of one that is not valid.

        Raises:
            NotFoundError: there is no such file.
            DocumentError: it cannot be read as a workflow at all.
        """
        return workflow_svg(Document.read(path).workflow, self.registry)
