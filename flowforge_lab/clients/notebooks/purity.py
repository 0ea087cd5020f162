"""What each cell of a Python notebook does, proven from its text: sets, needs, and whether it may run twice.

Nothing is run. What is not known to only calculate or look counts as not proven, and the reason says why.
"""

import ast
from collections.abc import Sequence

import msgspec

from . import pure_names as known
from .grammar import names_in
from .reading import Reader
from .shape import cell_magic, plain_source
from .surroundings import Surroundings


class CellFacts(msgspec.Struct, frozen=True):
    """What one cell does.

    `sets` are names that it binds or whose values it may change (`*`: any), `needs` those it looks at; those
    of imports and definitions are not among them: `setup` is the source of these, which may always run again;
    `setup_needs` are other names that it looks at, such as what a seed is made of.
    `reason` says why the rest is not proven to be repeatable, empty where it is; `notes` what may be
    different then. With `is_wild` it may leave something in the process that has no name here.

    `bound` are those of `sets` that it binds itself, `sure` those it binds in any case; `changed` those whose
    values it may change, `set_up` the places of its statements that only set up the process.
    """

    sets: frozenset[str]
    needs: frozenset[str]
    setup: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    is_wild: bool = False
    bound: frozenset[str] = frozenset()
    sure: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    set_up: tuple[int, ...] = ()
    setup_needs: frozenset[str] = frozenset()


def examine(sources: Sequence[str]) -> list[CellFacts]:
    """Return what each cell does, in the order in which they run."""
    notebook = Surroundings()
    return [examine_cell(source, notebook) for source in sources]


def examine_cell(source: str, notebook: Surroundings) -> CellFacts:
    """Return what the next cell does; the surroundings are those behind it then."""
    if magic := cell_magic(source):
        sets = frozenset() if magic in known.APART_MAGICS else frozenset({"*"})
        return CellFacts(sets, frozenset(), reason=f"it is a %%{magic} cell", is_wild=True)
    try:
        tree = ast.parse(plain_source(source))
        return _of_tree(tree, source, notebook)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = f"it cannot be read: {type(error).__name__}: {error}"[:200]
        return CellFacts(frozenset({"*"}), frozenset(), reason=reason, is_wild=True)


def _of_tree(tree: ast.Module, source: str, notebook: Surroundings) -> CellFacts:
    setup, reason = _magics(source)
    reader = Reader(notebook)
    reader.reason, reader.is_wild = reason, bool(reason)
    places: list[int] = []
    set_by: set[str] = set()
    for place, statement in enumerate(tree.body):
        if notebook.is_set_up(statement):
            setup.append(ast.unparse(statement))
            places.append(place)
            set_by |= names_in(statement)
        else:
            reader.statement(statement)
    defined = notebook.defined()
    return CellFacts(
        frozenset((reader.bound | notebook.sharing(reader.changed)) - defined),
        frozenset(reader.needed - defined),
        "\n".join(setup),
        reader.reason,
        tuple(dict.fromkeys(reader.notes)),
        reader.is_wild,
        frozenset(reader.bound - defined),
        frozenset(reader.sure),
        frozenset(reader.changed - defined),
        tuple(places),
        frozenset(set_by - defined),
    )


def _magics(source: str) -> tuple[list[str], str]:
    """Return the magics of a cell that set up the process, and why the others are not proven."""
    kept, reason = [], ""
    for line in map(str.strip, source.split("\n")):
        word = line[1:].split(maxsplit=1)[0] if line[1:].strip() else ""
        if line.startswith("%") and word in known.SETUP_MAGICS:
            kept.append(line)
        elif line.startswith(("%", "!")) and word.lstrip("%") not in known.PYTHON_MAGICS:
            reason = f"it has the line {line[:60]!r}"
    return kept, reason
