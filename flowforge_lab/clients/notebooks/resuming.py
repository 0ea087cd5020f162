"""Going on from the cell that failed: what of the state before it can be had again, and how."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.errors import NodeError

from .purity import CellFacts, examine
from .staying import KeptKernel

_SHOWN = 5


class Resumption(msgspec.Struct, frozen=True):
    """How a run goes on. Of `count` code cells, counted from 0, `first` is the one to go on with.

    Of those before it `replayed` run again, for their variables; `setup` is what is run of the others,
    such as their imports. Without `kept` a new kernel is used. `obstacles` say why the state cannot be had
    again; then there is no going on. `notes` say what may be different from before.
    """

    first: int
    count: int = 0
    replayed: tuple[int, ...] = ()
    setup: Mapping[int, str] = {}
    kept: KeptKernel | None = None
    obstacles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing to go on from, so that all of it runs."""
        return self.first == 0

    def refuse(self) -> None:
        """Raise if the state cannot be had again.

        Raises:
            NodeError: `notebook.not_resumable`, with each reason.
        """
        if self.obstacles:
            title = f"cannot go on from cell {self.first + 1}: what it needs cannot be had again"
            detail = "\n".join(self.obstacles)
            raise NodeError(
                title, type="notebook.not_resumable", detail=detail, is_transient=False
            )


def plan_resumption(
    notebook: Any, earlier: Any, *, outputs: Sequence[str], is_repeatable: bool
) -> Resumption:
    """Return how a notebook (`document.Notebook`) can go on where an earlier copy of it failed.

    `is_repeatable` says that any of its cells may run again. Cells that changed since run again, and so
    does all after them.
    """
    first, has_changed = _first_open(notebook, earlier)
    if first == 0:
        return Resumption(0, len(notebook.code))
    kept = _kept(notebook, earlier)
    if kept is not None and not has_changed:
        note = f"the kernel is that of the run before; cell {first + 1} had run in part there"
        return Resumption(first, len(notebook.code), kept=kept, notes=(note,))
    if notebook.language != "python":
        reason = f"cells in {notebook.language or 'its language'} are not proven to be repeatable"
        return Resumption(first, len(notebook.code), obstacles=(reason,))
    facts = examine([notebook.cell(index).source for index in notebook.code])
    return _replay(facts, first, outputs=outputs, is_repeatable=is_repeatable)


def _first_open(notebook: Any, earlier: Any) -> tuple[int, bool]:
    """Return the first code cell that has to run, and whether that is so because it changed."""
    count = min(len(notebook.code), len(earlier.cells))
    for position in range(count):
        if not earlier.is_completed(position):
            return position, False
        if notebook.source(notebook.code[position]) != earlier.source(position):
            return position, True
    return count, False


def _kept(notebook: Any, earlier: Any) -> KeptKernel | None:
    try:
        kept = msgspec.convert(earlier.facts.get("kernel"), KeptKernel)
    except msgspec.ValidationError:
        return None
    return kept if kept.is_there and kept.name == notebook.kernel else None


def _replay(
    facts: Sequence[CellFacts], first: int, *, outputs: Sequence[str], is_repeatable: bool
) -> Resumption:
    needed = set(outputs).union(*(one.needs for one in facts[first:]))
    setups = [one.setup for one in facts[:first]]
    needed |= _needs_of_definitions(facts)
    replayed: list[int] = []
    obstacles: list[str] = []
    notes: list[str] = []
    for position in reversed(range(first)):
        one = facts[position]
        used = one.sets & needed or one.sets & {"*"}
        if not used:
            if one.reason:
                notes.append(f"cell {position + 1} is not run again: {one.reason}")
            continue
        if one.reason and not is_repeatable:
            names = ", ".join(sorted(used)[:_SHOWN])
            what = "may set anything" if used == {"*"} else f"sets or may change {names}"
            obstacles.append(f"cell {position + 1} {what}, and {one.reason}")
            continue
        replayed.append(position)
        needed |= one.needs
        notes += [f"cell {position + 1} runs again: {note}" for note in one.notes]
    again = frozenset(replayed)
    setup = {at: text for at, text in enumerate(setups) if text and at not in again}
    return Resumption(
        first,
        len(facts),
        tuple(sorted(replayed)),
        setup,
        obstacles=tuple(reversed(obstacles)),
        notes=tuple(reversed(notes)),
    )


def _needs_of_definitions(facts: Sequence[CellFacts]) -> set[str]:
    """Return the names that functions of the notebook look at whenever they are called."""
    import ast

    names: set[str] = set()
    for one in facts:
        lines = [line for line in one.setup.split("\n") if not line.startswith("%")]
        tree = ast.parse("\n".join(lines))
        names |= {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    return names
