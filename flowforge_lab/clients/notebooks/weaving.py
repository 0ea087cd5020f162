"""A notebook as steps and what flows between them, told from its text: no kernel is started."""

import ast
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from . import pure_names as known
from .cargo import Hold
from .cleaning import clean
from .definitions import WITHIN, Definition, definitions_in, made_in_blocks
from .glancing import NEW_ID, Glance
from .grammar import names_in
from .lateness import Lateness
from .odds import Odds
from .process import changed_modules, changes_all, modules_of
from .purity import CellFacts, examine_cell
from .shape import NotebookCell, Parameter, parameters_in, read_notebook
from .surroundings import Surroundings

_SQL = re.compile(r"\b(?:select|from|join|table)\b", re.IGNORECASE)
_OWN_DRAWING = re.compile(r"\b(?:matplotlib|mpl)\.use\(|\bswitch_backend\(")
_WORD = re.compile(r"[^\W\d]\w*")
_CONTROLS = known.words("widgets ipywidgets interact interactive")
_ONLY_THERE = known.words("_ __ ___ In Out _i _oh _ih _dh get_ipython")


class WovenCell(msgspec.Struct, frozen=True, eq=False):
    """One code cell as it is woven in. `number` counts code cells from 1.

    `needs` are the variables it takes from cells before, `sets` those that later cells take from it; those in
    `stays` cannot leave its process, and those in `loose` may not be set. `definitions` are those of its own,
    `used` those of cells before, and `met` every name in them; `reach` are those and all that its variables
    were made with. `process` is what it changes that every cell behind it may feel. `outside` is `reads` or
    `writes` where it does that with what lies outside.
    """

    number: int
    original: str
    source: str
    heading: str = ""
    remarks: str = ""
    needs: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    stays: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    met: frozenset[str] = frozenset()
    reach: frozenset[str] = frozenset()
    process: str = ""
    definitions: tuple[Definition, ...] = ()
    used: tuple[Definition, ...] = ()
    is_only_setup: bool = False
    is_wild: bool = False
    is_open: bool = False
    is_drawing: bool = False
    is_forgiving: bool = False
    outside: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()


class WovenNotebook(msgspec.Struct, frozen=True, eq=False):
    """The cells of a notebook with what they take and give.

    `deleted` are no variables at its end; those in `loose` may not be set somewhere.
    """

    kernel: str
    language: str
    title: str = ""
    description: str = ""
    cells: tuple[WovenCell, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    settings: tuple[Definition, ...] = ()
    deleted: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()

    @property
    def is_seeded(self) -> bool:
        """Whether it begins the random numbers of the process anew, in a function or by itself."""
        used = (one for cell in self.cells for one in cell.used)
        sources = (one.source for one in (*used, *self.settings))
        return any(".seed(" in text for text in (*sources, *(cell.source for cell in self.cells)))

    @property
    def keeps_figures(self) -> bool:
        """Whether figures stay open from cell to cell, as they do without the notebook's own way to draw."""
        return any(_OWN_DRAWING.search(cell.source) for cell in self.cells)


def read_woven(path: Path) -> WovenNotebook:
    """Return what the cells of a notebook take and give.

    Raises:
        NodeError: there is no such file (`notebook.not_found`), or it is none (`notebook.invalid`).
    """
    notebook = read_notebook(path)
    if notebook.language.lower() not in {"python", "ipython"}:
        return WovenNotebook(notebook.kernel, notebook.language)
    return _Weaver(notebook.cells).whole(notebook.kernel, notebook.language)


class _Weaver:
    def __init__(self, cells: Sequence[NotebookCell]) -> None:
        self._cells = cells
        self._notebook = Surroundings()
        self._hold = Hold(self._notebook)
        self._known: dict[str, Definition] = {}
        self._variables: set[str] = set()
        self._opaque: list[ast.AST] = []
        self._settings: list[Definition] = []
        self._asked: set[str] = set()
        self._escaped: set[str] = set()
        self._parameters: tuple[Parameter, ...] = ()
        self._deleted: set[str] = set()
        self._late = Lateness(self._notebook)
        self._odds = Odds(self._notebook)
        self._lineage: dict[str, frozenset[str]] = {}
        self._loose: set[str] = set()
        self._in_blocks: set[str] = set()

    def whole(self, kernel: str, language: str) -> WovenNotebook:
        found: list[WovenCell] = []
        heading, remarks, title, description = "", [], "", ""
        number = 0
        for cell in self._cells:
            if cell.kind == "markdown":
                told, rest = _heading(cell.source)
                if told and not title and not found:
                    title, description = told, rest
                elif told:
                    heading, remarks = told, [rest]
                else:
                    remarks.append(cell.source.strip())
            elif cell.kind == "code" and cell.source.strip():
                number += 1
                woven = self._cell(cell, number)
                if not woven.is_only_setup:
                    told = "\n\n".join(filter(None, remarks))
                    woven = msgspec.structs.replace(woven, heading=heading, remarks=told)
                    heading, remarks = "", []
                found.append(woven)
        return WovenNotebook(
            kernel,
            language,
            title,
            description,
            tuple(found),
            self._parameters,
            tuple(self._settings),
            frozenset(self._deleted),
            frozenset().union(*(cell.loose for cell in found)),
        )

    def _cell(self, cell: NotebookCell, number: int) -> WovenCell:
        cleaned = clean(cell.source)
        source = cleaned.source
        if "parameters" in cell.tags and not self._parameters:
            source = self._take_parameters(source)
        tree = ast.parse(source)
        glance = Glance(tree)
        before = frozenset(self._variables)
        facts = examine_cell(source, self._notebook)
        self._hold.read(tree)
        is_noted = "it draws at random" in facts.notes
        is_drawing, has_new_ids = glance.draws(self._notebook, is_noted=is_noted)
        new_ids, odds = [NEW_ID][: int(has_new_ids)], self._odds.notes(tree)
        own = definitions_in(tree, source, facts.set_up, cell=number)
        used, met = self._late.met(glance.names, self._known)
        reach = self._reach(met)
        early = self._set_up(met, reach, is_drawing=is_drawing).union(*(one.early for one in own))
        self._define(own)
        needs = self._needs(glance, facts, met=met, before=before) | (early & before)
        self._opaque += self._late.kept_functions(glance.tree, met)
        sets = self._sets(glance, facts, own)
        needs |= sets & before - facts.sure
        stays = frozenset(name for name in sets if not self._hold.can_travel(name))
        self._late.note(glance, [*own, *used], stays, forgotten=sets & facts.sure - stays)
        reach = self._trace(sets, facts, before, reach=reach | self._reach(needs))
        return WovenCell(
            number=number,
            original=cell.source,
            source=source,
            needs=needs,
            sets=sets,
            stays=stays,
            shared=self._shared(facts.changed | glance.same, before | sets),
            loose=frozenset(self._loose & sets),
            marks=self._marks(glance, facts, used),
            met=met,
            reach=reach,
            process=changes_all(tree, facts.set_up, self._notebook),
            definitions=tuple(own),
            used=tuple(used),
            is_only_setup=sum(one.place != WITHIN for one in own) == glance.active,
            is_wild=facts.is_wild and "*" not in facts.sets,
            is_open="*" in facts.sets or glance.stars or glance.may_leave,
            is_drawing=is_drawing,
            is_forgiving="raises-exception" in cell.tags,
            outside=_outside(facts),
            reason=facts.reason,
            notes=(*cleaned.notes, *new_ids, *_notes(glance, facts, before), *odds),
            obstacles=cleaned.obstacles,
        )

    def _take_parameters(self, source: str) -> str:
        """Return a cell without the parameters it sets to plain values, which become inputs."""
        found = {one.name: one for one in parameters_in(source)}
        tree = ast.parse(source)
        kept: list[ast.stmt] = []
        taken: list[Parameter] = []
        for statement in tree.body:
            name = _plainly_set(statement)
            if name in found:
                taken.append(found[name])
            else:
                kept.append(statement)
        self._parameters = tuple({one.name: one for one in taken}.values())
        names = [one.name for one in self._parameters]
        self._variables |= set(names)
        self._hold.note(names)
        for one in self._parameters:
            is_open = one.type in {"array", "object", "any"}
            self._notebook.bind(one.name, "plain" if is_open else "scalar")
        return ast.unparse(ast.Module(kept, []))

    def _set_up(
        self, met: frozenset[str], reach: frozenset[str], *, is_drawing: bool
    ) -> frozenset[str]:
        """Return what the settings before a cell look at that apply to it."""
        every = self._settings
        applying = (one for one in every if one.applies(met, reach, is_drawing=is_drawing))
        return frozenset().union(*(one.uses for one in applying))

    def _reach(self, names: frozenset[str]) -> frozenset[str]:
        """Return names, the modules they are from, and all that their values were made with."""
        found = names | modules_of(names, self._notebook)
        return found.union(*(self._lineage.get(name, frozenset()) for name in names))

    def _marks(
        self, glance: Glance, facts: CellFacts, used: Iterable[Definition]
    ) -> frozenset[str]:
        """Return the definitions, and the modules, in which a cell may change something."""
        modules = changed_modules(glance.tree, facts.set_up, self._notebook)
        own = glance.changed_definitions(self._notebook) | _caching(used)
        return own | {f"module {one}" for one in modules}

    def _trace(
        self,
        sets: frozenset[str],
        facts: CellFacts,
        before: frozenset[str],
        *,
        reach: frozenset[str],
    ) -> frozenset[str]:
        """Note what variables were made with, and which a cell may leave unset."""
        self._lineage |= dict.fromkeys(sets, reach)
        self._loose |= (sets & facts.bound) - facts.sure - before
        self._loose -= facts.sure
        return reach

    def _define(self, own: Iterable[Definition]) -> None:
        for one in own:
            self._known |= dict.fromkeys(one.names, one)
            self._variables -= set(one.names)
            if not one.names:
                self._settings.append(one)

    def _needs(
        self, glance: Glance, facts: CellFacts, *, met: Iterable[str], before: frozenset[str]
    ) -> frozenset[str]:
        """Return the variables of cells before that a cell may look at, or leaves as they are."""
        needs = set(facts.needs) | (set(met) - glance.names)
        needs |= self._in_blocks & set(met)
        needs |= facts.changed | (facts.sets - facts.bound - {"*"}) | (facts.bound - facts.sure)
        self._asked |= before.intersection(glance.texts)  # a table may be asked for by its name
        is_asking = glance.evaluates or any("@" in one or _SQL.search(one) for one in glance.texts)
        if is_asking:
            words = set().union(*(_WORD.findall(text) for text in glance.texts))
            self._asked |= words
            needs |= words
        if facts.is_wild or glance.evaluates:
            needs |= self._asked
        if "*" in facts.sets and facts.reason and not glance.stars:
            needs |= before
        return frozenset(needs & before)

    def _sets(self, glance: Glance, facts: CellFacts, own: Sequence[Definition]) -> frozenset[str]:
        defined = {name for one in own for name in one.names}
        changed: set[str] = set()
        if facts.is_wild:
            changed |= self._changed_by_methods() | self._escaped
            self._escaped |= facts.changed
        self._opaque += [part for part in glance.tree.body if isinstance(part, ast.ClassDef)]
        self._opaque += [
            part
            for part in glance.tree.body
            if isinstance(part, ast.FunctionDef) and part.name not in self._notebook.functions
        ]
        met = (facts.sets | changed) & self._variables
        in_blocks = made_in_blocks(glance.tree) - defined
        self._in_blocks |= in_blocks
        sets = (facts.bound - {"*"} - defined) | (met - defined) | in_blocks
        self._deleted = (self._deleted - sets) | glance.deleted
        for name in (facts.bound | in_blocks) - defined:
            self._known.pop(name, None)
        self._variables |= sets
        return frozenset(sets)

    def _shared(self, names: frozenset[str], variables: frozenset[str]) -> frozenset[str]:
        """Return the variables that change with one another in a cell, as they may share a value."""
        found: set[str] = set()
        for name in names:
            together = self._notebook.sharing({name}) & variables
            found |= together if len(together) > 1 else set()
        return frozenset(found)

    def _changed_by_methods(self) -> set[str]:
        """Return the variables that a method of a class of the notebook may change when it is called."""
        found: set[str] = set()
        for whole in self._opaque:
            for part in ast.walk(whole):
                if isinstance(part, ast.Global):
                    found |= set(part.names)
                elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                    found |= names_in(part.func.value)
                elif isinstance(part, ast.Assign | ast.AugAssign):
                    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                    inside = [one for one in targets if not isinstance(one, ast.Name)]
                    found |= set().union(*map(names_in, inside))
        return found


def _caching(used: Iterable[Definition]) -> frozenset[str]:
    return frozenset(name for one in used if one.is_caching for name in one.names)


def _outside(facts: CellFacts) -> str:
    if facts.reason:
        return "writes"
    return "reads" if any("reads" in note for note in facts.notes) else ""


def _notes(glance: Glance, facts: CellFacts, before: frozenset[str]) -> list[str]:
    notes = [note for note in facts.notes if "clock" in note]
    names = glance.names
    if found := sorted(names & _ONLY_THERE - before - facts.bound - glance.inner_names):
        notes.append(f"it uses {', '.join(found)}, which only a notebook has")
    if "input" in names and "input" not in facts.bound:
        notes.append("it asks for an answer by input(), which nobody gives")
    if glance.may_leave:
        notes.append("it may end the notebook before its last cell")
    if names & _CONTROLS:
        notes.append("its controls are not shown: they stay at the values they start with")
    return notes


def _plainly_set(statement: ast.stmt) -> str:
    """Return the name that a statement sets to a value that JSON has too; empty if it does not."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            pass
        case _:
            return ""
    inner = [*ast.walk(value)]
    if any(isinstance(part, ast.Tuple | ast.Set) for part in inner):
        return ""
    try:
        found = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return ""
    return name if _is_json(found) else ""


def _is_json(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_is_json, value.values()))
    return value is None or isinstance(value, str | int | float | bool)


def _heading(source: str) -> tuple[str, str]:
    """Return the first heading in a piece of Markdown, and what else it says."""
    lines = source.strip().split("\n")
    for place, line in enumerate(lines):
        if found := re.match(r"\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$", line):
            rest = "\n".join([*lines[:place], *lines[place + 1 :]]).strip()
            return found[1].strip("*_` "), rest
    return "", source.strip()
