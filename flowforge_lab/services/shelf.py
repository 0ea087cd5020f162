"""Which workflow files lie where a workflow may look for others: beside it, and at the root of the lab."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from flowforge_lab.errors import FlowForgeError
from flowforge_lab.spec import SUFFIX, Document, Workflow

_ID = re.compile(r"^id:\s*[\"']?([\w.-]+)", re.MULTILINE)


class Shelf(Mapping[str, Workflow | None]):
    """The workflows that can be called by their id; one whose file cannot be read is `None`.

    `known` are workflows whose files are elsewhere, or that have none. Nothing is read before it is asked
    for, and nothing is kept.
    """

    def __init__(self, *folders: Path, known: Mapping[str, Workflow | None] | None = None) -> None:
        self._paths = {id: path for folder in reversed(folders) for id, path in _files_in(folder)}
        self._known = known or {}

    def path_of(self, id: str) -> Path | None:
        """Return the file of a workflow, if there is one."""
        return self._paths.get(id)

    def __getitem__(self, id: str) -> Workflow | None:
        if id not in self._paths:
            return self._known[id]
        try:
            return Document.read(self._paths[id]).workflow
        except FlowForgeError:
            return None

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._paths})

    def __len__(self) -> int:
        return len({**self._known, **self._paths})


def _files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            written = _ID.search(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            written = None
        yield (written[1] if written else path.name.removesuffix(SUFFIX)), path
