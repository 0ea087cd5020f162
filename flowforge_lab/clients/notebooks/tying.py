"""Which cells become one node, in which order nodes run, and what each takes, gives and is preceded by."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from .definitions import Definition, used_definitions
from .weaving import WovenCell, WovenNotebook

_SHOWN = 4


class Tie(msgspec.Struct, frozen=True):
    """Why two cells are not independent: in one process with `is_one`, else the second after the first."""

    first: int
    second: int
    reason: str
    is_one: bool = True


class Piece(msgspec.Struct, frozen=True, eq=False):
    """A node to be, of `cells` in their order.

    `takes` says from which piece, by its place, a variable comes (-1: a parameter), `gives` what others take,
    `holds` what the notebook has at its end from here, and `keeps` those of them that nobody takes.
    Variables in `loose` may not be set; with `keeps_figures` its figures stay open from cell to cell.
    `before` are the definitions to run before a cell, by its number; `after` the pieces that go first.
    """

    cells: tuple[WovenCell, ...]
    takes: dict[str, int]
    gives: tuple[str, ...]
    keeps: tuple[str, ...]
    holds: tuple[str, ...]
    before: dict[int, tuple[Definition, ...]]
    after: frozenset[int]
    loose: frozenset[str] = frozenset()
    keeps_figures: bool = False


class Fabric(msgspec.Struct, frozen=True, eq=False):
    """The pieces of a notebook in an order in which they can run, and why cells are not independent."""

    pieces: tuple[Piece, ...]
    ties: tuple[Tie, ...]


def tie(notebook: WovenNotebook) -> Fabric:
    """Return the cells of a notebook as pieces that give the same results, as independent as is proven."""
    return _Loom(notebook).fabric()


class _Loom:
    def __init__(self, notebook: WovenNotebook) -> None:
        self._notebook = notebook
        self._cells = [cell for cell in notebook.cells if _is_woven(cell, notebook)]
        self._root = {cell.number: cell.number for cell in self._cells}
        self._ties: list[Tie] = []
        self._order: set[tuple[int, int]] = set()
        self._needs: list[tuple[str, int, int]] = []
        self._setters: dict[str, list[int]] = {}
        self._last: dict[str, int] = dict.fromkeys((one.name for one in notebook.parameters), 0)

    def fabric(self) -> Fabric:
        self._flow()
        self._outside()
        self._same_process()
        while self._close_circles() or self._part_versions():
            pass
        return Fabric(self._pieces(), tuple(self._ties))

    # -- why cells are not independent

    def _one(self, first: int, second: int, reason: str) -> bool:
        """Put two cells into one piece; whether they were not yet."""
        one, other = self._find(first), self._find(second)
        if one == other:
            return False
        self._ties.append(Tie(min(first, second), max(first, second), reason))
        self._root[max(one, other)] = min(one, other)
        return True

    def _find(self, number: int) -> int:
        while self._root[number] != number:
            self._root[number] = self._root[self._root[number]]
            number = self._root[number]
        return number

    def _flow(self) -> None:
        """Follow the variables: those that cannot travel hold cells together."""
        staying: dict[str, bool] = {}
        marked: dict[str, int] = {}
        for cell in self._cells:
            for name in sorted(cell.needs):
                source = self._last.get(name)
                if source is None:
                    continue
                self._needs.append((name, source, cell.number))
                if source and staying.get(name):
                    self._one(
                        source, cell.number, f"`{name}` is of a kind that cannot leave its process"
                    )
                elif source and name in cell.shared:
                    self._one(source, cell.number, f"it may change `{name}` by another name")
            for name in sorted((cell.met | cell.reach) & marked.keys()):
                told = f"cell {marked[name]} changes `{name.rpartition(' ')[2]}` itself"
                self._one(marked[name], cell.number, told)
            marked |= dict.fromkeys(cell.marks, cell.number)
            for name in cell.sets:
                self._last[name] = cell.number
                self._setters.setdefault(name, []).append(cell.number)
                staying[name] = name in cell.stays
        self._hold_late_definitions()

    def _hold_late_definitions(self) -> None:
        """Keep a definition that looks at variables when it is made beside its users, if these change."""
        for cell in self._cells:
            for one in cell.used:
                changing = _changing(one, self._notebook)
                if changing:
                    told = f"`{one.names[0]}` was made with `{changing}` as it was then"
                    self._one(one.cell, cell.number, told)

    def _outside(self) -> None:
        """Keep the order in which cells look at and change what lies outside."""
        written, readers = 0, []
        for cell in self._cells:
            if cell.outside == "reads":
                if written:
                    self._then(
                        written,
                        cell.number,
                        "it reads, and the one before writes, outside of the notebook",
                    )
                readers.append(cell.number)
            elif cell.outside == "writes":
                for reader in readers:
                    self._then(reader, cell.number, f"{cell.reason}, and the one before reads")
                if written:
                    self._then(written, cell.number, cell.reason)
                written, readers = cell.number, []

    def _then(self, first: int, second: int, reason: str) -> None:
        self._ties.append(Tie(first, second, reason, is_one=False))
        self._order.add((first, second))

    def _same_process(self) -> None:
        """Keep together what may leave something in the process that has no name in the notebook."""
        self._chain(
            [cell for cell in self._cells if cell.is_wild],
            "{} Both may leave something in the process",
        )
        drawing = [cell for cell in self._cells if cell.is_drawing]
        if self._notebook.keeps_figures:
            self._chain(
                [cell for cell in self._cells if any("pyplot" in one for one in cell.reach)],
                "both may draw in the same figure",
            )
        if self._notebook.is_seeded:
            self._chain(drawing, "both draw from the same random numbers")
        opened = next((cell for cell in self._notebook.cells if cell.is_open), None)
        if opened is not None:
            later = [cell for cell in self._cells if cell.number >= opened.number]
            self._chain(later, f"cell {opened.number} may set any name, or end the notebook")
        changing = next((cell for cell in self._notebook.cells if cell.process), None)
        if changing is not None:
            later = [cell for cell in self._cells if cell.number >= changing.number]
            told = f"cell {changing.number} changes the process by {changing.process}"
            self._chain(later, told)

    def _chain(self, cells: Sequence[WovenCell], reason: str) -> None:
        for first, second in pairwise(cells):
            told = f"{second.reason}." if second.reason else ""
            self._one(first.number, second.number, reason.format(told).strip())

    # -- pieces

    def _groups(self) -> dict[int, list[WovenCell]]:
        found: dict[int, list[WovenCell]] = {}
        for cell in self._cells:
            found.setdefault(self._find(cell.number), []).append(cell)
        return found

    def _edges(self) -> dict[int, set[int]]:
        """Return for each group, by its first cell, those that go before it."""
        edges: dict[int, set[int]] = {root: set() for root in self._groups()}
        pairs = {(source, target) for _, source, target in self._needs if source} | self._order
        for source, target in pairs:
            one, other = self._find(source), self._find(target)
            if one != other:
                edges[other].add(one)
        return edges

    def _close_circles(self) -> bool:
        """Put groups that wait for one another into one; whether there were any."""
        edges = self._edges()
        reached = {root: _all_before(root, edges) for root in edges}
        has_changed = False
        for root, before in reached.items():
            for other in before:
                if root in reached[other]:
                    has_changed |= self._one(
                        other, root, "it stands between cells that are one node"
                    )
        return has_changed

    def _part_versions(self) -> bool:
        """Put cells together where one variable would be there in two versions; whether there were any."""
        for name, source, target in self._needs:
            one, other = (self._find(source) if source else 0), self._find(target)
            if one == other:
                continue
            told = f"`{name}` is needed as it is between two cells of one node"
            setters = self._setters.get(name, ())
            early = [at for at in setters if at < target and self._find(at) == other]
            if early and source and self._one(source, target, told):
                return True
            late = [at for at in setters if source and at > source and self._find(at) == one]
            if late and self._one(source, target, told):
                return True
        return self._same_version_in_each()

    def _same_version_in_each(self) -> bool:
        taken: dict[tuple[str, int], int] = {}
        for name, source, target in self._needs:
            group = self._find(target)
            if source and self._find(source) == group:
                continue
            before = taken.setdefault((name, group), source)
            if before != source and (before or source):
                told = f"`{name}` is needed in two versions"
                held = [one for one in (before, source) if one]
                if _any_of(self._one(one, target, told) for one in held):
                    return True
        return False

    def _pieces(self) -> tuple[Piece, ...]:
        groups, edges = self._groups(), self._edges()
        roots = _in_order(edges)
        place = {root: at for at, root in enumerate(roots)}
        gives: dict[int, set[str]] = {root: set() for root in roots}
        takes: dict[int, dict[str, int]] = {root: {} for root in roots}
        for name, source, target in self._needs:
            group = self._find(target)
            giver = self._find(source) if source else 0
            if giver != group:
                takes[group][name] = place[giver] if source else -1
                if source:
                    gives[giver].add(name)
        keeps: dict[int, list[str]] = {root: [] for root in roots}
        for name, number in self._last.items():
            if number and name not in self._notebook.deleted and not name.startswith("_"):
                keeps[self._find(number)].append(name)
        return tuple(
            Piece(
                tuple(groups[root]),
                dict(sorted(takes[root].items())),
                tuple(sorted(gives[root])),
                tuple(sorted(set(keeps[root]) - gives[root])),
                tuple(sorted(keeps[root])),
                self._before(groups[root]),
                frozenset(place[one] for one in edges[root]),
                self._notebook.loose,
                self._notebook.keeps_figures,
            )
            for root in roots
        )

    def _before(self, cells: Sequence[WovenCell]) -> dict[int, tuple[Definition, ...]]:
        """Return what runs before each cell of a piece: what it uses of other cells, and settings."""
        own = {cell.number for cell in cells}
        done: set[int] = set()
        found: dict[int, tuple[Definition, ...]] = {}
        for cell in cells:
            settings = [
                one
                for one in self._notebook.settings
                if one.cell < cell.number
                and one.applies(cell.met, cell.reach, is_drawing=cell.is_drawing)
            ]
            wanted = [*cell.used, *self._stars(cell), *settings, *self._used_by(settings, cell)]
            fresh = [one for one in wanted if one.cell not in own and id(one) not in done]
            unique = {id(one): one for one in fresh}
            done |= unique.keys()
            ordered = sorted(unique.values(), key=lambda one: (one.cell, one.place))
            found[cell.number] = tuple(ordered)
        return found

    def _stars(self, cell: WovenCell) -> list[Definition]:
        """Return the imports before a cell that bring names nobody knows."""
        before = (other for other in self._notebook.cells if other.number < cell.number)
        return [one for other in before for one in other.definitions if "*" in one.names]

    def _used_by(self, settings: Iterable[Definition], cell: WovenCell) -> list[Definition]:
        defined = {
            name: one
            for other in self._notebook.cells
            if other.number < cell.number
            for one in other.definitions
            for name in one.names
        }
        return (
            used_definitions((name for one in settings for name in one.uses), defined)[0]
            if settings
            else []
        )


def _any_of(changes: Iterable[bool]) -> bool:
    """Whether one of some changes was one; all of them are made."""
    return max(list(changes), default=False)


def _is_woven(cell: WovenCell, notebook: WovenNotebook) -> bool:
    """Whether a cell is part of a node: definitions that may be repeated anywhere are not."""
    return not cell.is_only_setup or any(_changing(one, notebook) for one in cell.definitions)


def _changing(one: Definition, notebook: WovenNotebook) -> str:
    """Return a variable that a definition looks at when it is made, and that changes; empty if none does."""
    if not one.names:
        return ""
    given = {parameter.name for parameter in notebook.parameters}
    for name in sorted(one.early):
        setters = [cell.number for cell in notebook.cells if name in cell.sets]
        if len(setters) + (name in given) > 1:
            return name
    return ""


def _all_before(root: int, edges: dict[int, set[int]]) -> set[int]:
    found: set[int] = set()
    open_roots = [*edges[root]]
    while open_roots:
        one = open_roots.pop()
        if one not in found:
            found.add(one)
            open_roots += edges[one]
    return found


def _in_order(edges: dict[int, set[int]]) -> list[int]:
    """Return the groups so that each stands behind those before it, else by their first cells."""
    done: list[int] = []
    left = sorted(edges)
    while left:
        root = next(one for one in left if edges[one] <= set(done))
        done.append(root)
        left.remove(root)
    return done
