"""What an import came to: workflows, what became of each node, which connections are to be made."""

from typing import Literal

import msgspec

from flowforge_lab.spec import Workflow

Fate = Literal["mapped", "partly", "placeholder", "left_out"]


class Line(msgspec.Struct, frozen=True):
    """What became of one node of the foreign document.

    `node` is its id here, empty where it is left out. `why` says what is different, `todo` what to do.
    """

    workflow: str
    name: str
    type: str
    fate: Fate
    node: str = ""
    why: str = ""
    todo: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """A connection to make: credentials are never taken over."""

    name: str
    kind: str
    called: str
    nodes: tuple[str, ...] = ()


class Imported(msgspec.Struct, frozen=True):
    """The workflows of a foreign document, and the report; `remarks` are about it as a whole."""

    source: str
    workflows: tuple[Workflow, ...]
    lines: tuple[Line, ...] = ()
    connections: tuple[Wanted, ...] = ()
    remarks: tuple[str, ...] = ()

    def count(self, fate: Fate) -> int:
        """Return how many nodes had a fate."""
        return sum(line.fate == fate for line in self.lines)
