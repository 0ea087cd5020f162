"""Going on from the cell that failed: what of the state before it can be had again, and how."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.errors import NodeError

from .purity import CellFacts, examine_cell
from .quiet import names_looked_at_late, what_stays
from .staying import KeptKernel
from .surroundings import Surroundings

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
    if first == len(notebook.code) < len(earlier.cells):
        gone = (
            "the cell that failed, and each behind it, is no longer there: run the notebook anew"
        )
        return Resumption(first, first, obstacles=(gone,))
    kept = _kept(notebook, earlier)
    if kept is not None and not has_changed:
        note = f"the kernel is that of the run before; cell {first + 1} had run in part there"
        return Resumption(first, len(notebook.code), kept=kept, notes=(note,))
    if notebook.language != "python":
        reason = f"cells in {notebook.language or 'its language'} are not proven to be repeatable"
        return Resumption(first, len(notebook.code), obstacles=(reason,))
    sources = [notebook.cell(index).source for index in notebook.code]
    return replay(sources, first, outputs=outputs, is_repeatable=is_repeatable)


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


def replay(
    sources: Sequence[str], first: int, *, outputs: Sequence[str] = (), is_repeatable: bool = False
) -> Resumption:
    """Return which of the cells before `first` run again, so that the state is what it was.

    Left out is only what is not missed: no later cell looks at what it binds or may change, and it leaves
    nothing else in the process. What may be missed and is not proven to be repeatable is an obstacle.
    """
    read = _read(sources)
    facts = [one for one, _ in read]
    needed = set(outputs).union(*(one.needs for one in facts[first:]))
    needed = needed.union(*map(names_looked_at_late, sources))
    needed = needed.union(*(one.setup_needs for one in facts[:first]))
    replayed: list[int] = []
    obstacles: list[str] = []
    notes: list[str] = []
    for position in reversed(range(first)):
        one, stays = read[position]
        used = one.sets & needed or one.sets & {"*"}
        if not used and not stays:
            if one.reason:
                notes.append(f"cell {position + 1} is not run again: {one.reason}")
            continue
        if one.reason and not is_repeatable:
            why = _missed(used) if used else f"may leave what later cells find (it {stays})"
            obstacles.append(f"cell {position + 1} {why}, and {one.reason}")
            continue
        replayed.append(position)
        needed |= one.needs
        notes += [f"cell {position + 1} runs again: {note}" for note in one.notes]
    again = frozenset(replayed)
    setups = [one.setup for one in facts[:first]]
    return Resumption(
        first,
        len(facts),
        tuple(sorted(replayed)),
        {at: text for at, text in enumerate(setups) if text and at not in again},
        obstacles=tuple(reversed(obstacles)),
        notes=tuple(reversed(notes)),
    )


def _missed(used: frozenset[str]) -> str:
    names = ", ".join(sorted(used)[:_SHOWN])
    return "may set anything" if used == {"*"} else f"sets or may change {names}"


def _read(sources: Sequence[str]) -> list[tuple[CellFacts, str]]:
    """Return what each cell does, and what of it may be missed where it does not run."""
    notebook = Surroundings()
    is_diverted = any("stdout" in source for source in sources)
    found: list[tuple[CellFacts, str]] = []
    for source in sources:
        facts = examine_cell(source, notebook)
        found.append((facts, what_stays(source, facts, notebook, is_diverted=is_diverted)))
    return found
