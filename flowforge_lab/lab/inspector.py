"""What can be said of workflow files without opening a store: their node types and their problems."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from flowforge_lab.clients import credentials_of, faults_of
from flowforge_lab.errors import Problem, StoreError
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import Shelf, find_problems, workflow_svg
from flowforge_lab.settings import load_connections, load_settings
from flowforge_lab.spec import Document
from flowforge_lab.store import kept_workflows

from .databases import target_of
from .keepers import open_secrets
from .place import FOLDER, root_for


class Inspector:
    """Looks at workflow files as the lab in `folder` would see them; makes nothing and keeps nothing.

    The store is asked only where a workflow names another one that has no file.
    """

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
            return Surroundings(workflows=self._shelf, has_all_workflows=False)
        names = frozenset(open_secrets(folder, load_settings(folder)).names())
        connections = load_connections(folder)
        needed = credentials_of(connections)
        return Surroundings(
            frozenset(connections),
            names,
            self.root,
            needed,
            self._shelf,
            faults=faults_of(connections),
            has_all_workflows=False,  # some were built in Python: only the store knows them
        )

    @cached_property
    def _all_surroundings(self) -> Surroundings:
        """What there is with the workflows of the store; without them where none can be read."""
        folder = self.root / FOLDER
        if not folder.is_dir():
            return self._surroundings
        try:
            kept = kept_workflows(folder, target_of(load_settings(folder)))
        except StoreError:
            return self._surroundings
        known = dict.fromkeys(kept)
        return replace(
            self._surroundings,
            workflows=lambda folder: self._shelf(folder, known),
            has_all_workflows=True,
        )

    def _shelf(self, folder: Path | None, known: Mapping[str, None] | None = None) -> Shelf:
        folders = [self.root] if folder is None else [folder, self.root]
        return Shelf(*folders, known=known)

    def problems_of(self, path: Path) -> list[Problem]:
        """Return everything that is wrong with a workflow file, errors first.

        Raises:
            NotFoundError: there is no such file.
            DocumentError: it cannot be read as a workflow at all.
        """
        document = Document.read(path)
        found = find_problems(document, self.registry, self._surroundings)
        if any(problem.code == "workflow.unknown" for problem in found):  # among the files
            return find_problems(document, self.registry, self._all_surroundings)
        return found

    def picture_of(self, path: Path) -> str:
        """Return the graph of a workflow file as an SVG document, also of one that is not valid.

        Raises:
            NotFoundError: there is no such file.
            DocumentError: it cannot be read as a workflow at all.
        """
        return workflow_svg(Document.read(path).workflow, self.registry)
