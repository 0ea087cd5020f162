"""A notebook as a workflow: its pieces as nodes, its variables on the edges, and a report of it."""

import ast
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.clients import (
    Fabric,
    Parameter,
    Piece,
    Tie,
    WovenCell,
    WovenNotebook,
    read_woven,
    tie,
)
from flowforge_lab.errors import PlanError
from flowforge_lab.spec import Document, Workflow

from .notebook_code import code_of, input_names
from .notebook_plan import problem_of, slug_of

_NO_LETTERS = re.compile(r"[^a-zA-Z0-9]+")
_MAX_ID = 60
_MAX_NOTES = 2_000
_START = "start"


class NotebookNode(msgspec.Struct, frozen=True):
    """A node and the code cells it is made of, counted from 1; `takes` says where each variable is from.

    `gives` are the variables that nodes behind it take, `keeps` the others that the notebook has at its
    end from here; `holds` are all that it has from here then.
    """

    id: str
    cells: tuple[int, ...]
    label: str = ""
    takes: Mapping[str, str] = {}
    gives: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    effects: str = "none"


class NotebookEdge(msgspec.Struct, frozen=True):
    """What goes from one node to another; without variables one only waits for the other."""

    source: str
    target: str
    variables: tuple[str, ...] = ()


class CellRemark(msgspec.Struct, frozen=True):
    """What is to be said of a cell, counted from 1; of the whole notebook where that is 0."""

    cell: int
    text: str


class ChainedCell(msgspec.Struct, frozen=True):
    """A cell that is not independent of another: in one node with it, or behind it, and why."""

    cell: int
    with_cell: int
    is_one_node: bool
    reason: str


class NotebookImport(msgspec.Struct, frozen=True):
    """A notebook as a workflow. `chained` says why cells stand together or in a row.

    `different` are the reasons for which the workflow may not give the same as the notebook, `notes` what
    else was done to cells. `file` is where it was written.
    """

    id: str
    notebook: str
    workflow: Workflow
    nodes: tuple[NotebookNode, ...] = ()
    edges: tuple[NotebookEdge, ...] = ()
    chained: tuple[ChainedCell, ...] = ()
    different: tuple[CellRemark, ...] = ()
    notes: tuple[CellRemark, ...] = ()
    file: Path | None = None

    @property
    def document(self) -> Document:
        """The workflow as it is written to a file."""
        return Document.of(self.workflow)

    @property
    def variables(self) -> Mapping[str, str]:
        """From which node each variable is that the notebook has at its end, but for its parameters."""
        return {name: node.id for node in self.nodes for name in node.holds}

    def may_differ(self, node: str) -> tuple[CellRemark, ...]:
        """Return why what a node gives may not be the same as in the notebook."""
        before: dict[str, set[str]] = {}
        for edge in self.edges:
            before.setdefault(edge.target, set()).add(edge.source)
        met, open_nodes = set(), [node]
        while open_nodes:
            one = open_nodes.pop()
            if one not in met:
                met.add(one)
                open_nodes += before.get(one, ())
        cells = {cell for one in self.nodes if one.id in met for cell in one.cells} | {0}
        return tuple(one for one in self.different if one.cell in cells)


def import_notebook(path: Path, *, id: str = "") -> NotebookImport:
    """Return a notebook as a workflow, from its text; no kernel is started and nothing is written.

    Raises:
        NodeError: there is no such file (`notebook.not_found`), or it is none (`notebook.invalid`).
        PlanError: it has no code to run.
    """
    woven = read_woven(path)
    id = id or slug_of(path.name)
    if woven.language.lower() not in {"python", "ipython"}:
        return _as_one_node(woven, path, id)
    fabric = tie(woven)
    if not fabric.pieces:
        msg = f"{path.name} has no cell that does anything"
        raise PlanError([problem_of(ValueError(msg))])
    return _Drawing(woven, fabric, path, id=id).whole()


def _as_one_node(woven: WovenNotebook, path: Path, id: str) -> NotebookImport:
    node = slug_of(path.name)
    tree = {
        "id": id,
        "name": path.stem,
        "nodes": {
            _START: {"kind": "trigger.manual", "next": node},
            node: {"kind": "notebook.run", "config": {"path": path.name}},
        },
    }
    note = CellRemark(0, f"its language is {woven.language}: one node runs it as it is")
    workflow = Workflow.model_validate(tree)
    return NotebookImport(id, path.name, workflow, (NotebookNode(node, ()),), notes=(note,))


class _Drawing:
    """The workflow of a notebook in the making."""

    def __init__(self, woven: WovenNotebook, fabric: Fabric, path: Path, *, id: str) -> None:
        self._woven = woven
        self._pieces = fabric.pieces
        self._ties = fabric.ties
        self._path = path
        self._id = id
        self._ids = _ids_of(fabric.pieces)
        self._before = [_nearest(piece.after, fabric.pieces) for piece in fabric.pieces]

    def whole(self) -> NotebookImport:
        edges = [edge for place in range(len(self._pieces)) for edge in self._edges(place)]
        remarks = [one for cell in self._woven.cells for one in _remarks(cell, self._woven)]
        return NotebookImport(
            self._id,
            self._path.name,
            Workflow.model_validate(self._tree()),
            tuple(self._node(place) for place in range(len(self._pieces))),
            tuple(edges),
            tuple(_chained(one) for one in self._ties),
            tuple(remark for is_different, remark in remarks if is_different),
            tuple(remark for is_different, remark in remarks if not is_different),
        )

    def _node(self, place: int) -> NotebookNode:
        piece = self._pieces[place]
        takes = {name: self._name_of(source) for name, source in piece.takes.items()}
        return NotebookNode(
            self._ids[place],
            tuple(cell.number for cell in piece.cells),
            _label(piece),
            takes,
            piece.gives,
            piece.keeps,
            piece.holds,
            _effects(piece),
        )

    def _name_of(self, source: int) -> str:
        return "inputs" if source < 0 else self._ids[source]

    def _edges(self, place: int) -> Iterable[NotebookEdge]:
        piece, target = self._pieces[place], self._ids[place]
        for source in sorted({*piece.after, *piece.takes.values()}):
            names = tuple(name for name, one in piece.takes.items() if one == source)
            yield NotebookEdge(self._name_of(source), target, names)

    def _tree(self) -> dict[str, Any]:
        nodes: dict[str, Any] = {_START: {"kind": "trigger.manual"}}
        nexts: dict[str, list[str]] = {}
        for place, id in enumerate(self._ids):
            before = [self._ids[one] for one in self._before[place]]
            target = id
            if len(before) > 1:
                target = f"before_{id}"
                nodes[target] = {"kind": "logic.join", "next": id}
            for source in before or [_START]:
                nexts.setdefault(source, []).append(target)
            nodes[id] = self._written(place)
        for source, targets in nexts.items():
            nodes[source]["next"] = targets if len(targets) > 1 else targets[0]
        tree = {
            "id": self._id,
            "name": self._woven.title or self._path.stem,
            "description": self._woven.description[:_MAX_NOTES],
            "inputs": {one.name: _input(one) for one in self._woven.parameters},
            "nodes": nodes,
        }
        return {key: value for key, value in tree.items() if value not in ("", {})}

    def _written(self, place: int) -> dict[str, Any]:
        piece = self._pieces[place]
        config: dict[str, Any] = {"code": code_of(piece)}
        given = input_names(piece.takes)
        if piece.takes:
            config["inputs"] = {
                given[name]: f"inputs.{name}"
                if source < 0 and name.isascii()
                else f"inputs[{name!r}]"
                if source < 0
                else _path_to(self._ids[source], name)
                for name, source in piece.takes.items()
            }
        if (effects := _effects(piece)) != "writes":
            config["effects"] = effects
        remarks = "\n\n".join(filter(None, (cell.remarks for cell in piece.cells)))
        cells = ", ".join(str(cell.number) for cell in piece.cells)
        notes = f"{remarks[:_MAX_NOTES]}\n\nCode cells of {self._path.name}: {cells}".strip()
        node = {"kind": "python.code", "label": _label(piece), "config": config, "notes": notes}
        return {key: value for key, value in node.items() if value}


def _path_to(node: str, name: str) -> str:
    return f"nodes.{node}.result.{name}" if name.isascii() else f"nodes.{node}.result[{name!r}]"


def _effects(piece: Piece) -> str:
    found = {cell.outside for cell in piece.cells}
    return "writes" if "writes" in found else "reads" if "reads" in found else "none"


def _input(parameter: Parameter) -> dict[str, Any]:
    field = {
        "type": "" if parameter.type == "any" else parameter.type,
        "description": parameter.help,
        "enum": list(parameter.choices),
    }
    kept = {key: value for key, value in field.items() if value not in ("", [])}
    return kept if parameter.default is None else {**kept, "default": parameter.default}


def _label(piece: Piece) -> str:
    for cell in piece.cells:
        if cell.heading:
            return cell.heading
    first = piece.cells[0].original.strip().split("\n")[0]
    return first.lstrip("# ").strip()[:80] if first.startswith("#") else ""


def _ids_of(pieces: Sequence[Piece]) -> list[str]:
    taken = {_START}
    found = []
    for piece in pieces:
        slug = next(filter(None, map(_slug, _names_for(piece))), f"cell_{piece.cells[0].number}")
        id, number = slug, 2
        while id in taken or f"before_{id}" in taken or id.startswith("before_"):
            id, number = (
                f"{slug}_{number}" if not slug.startswith("before_") else f"cell_{number}",
                number + 1,
            )
        taken |= {id, f"before_{id}"}
        found.append(id)
    return found


def _names_for(piece: Piece) -> Iterable[str]:
    yield from (cell.heading for cell in piece.cells if cell.heading)
    own = {*piece.gives, *piece.keeps}
    for cell in reversed(piece.cells):
        for statement in reversed(ast.parse(cell.source).body):
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)]) if name in own:
                    yield name


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = _NO_LETTERS.sub("_", plain).strip("_").lower()[:_MAX_ID].strip("_")
    return slug if slug[:1].isalpha() else ""


def _nearest(after: Iterable[int], pieces: Sequence[Piece]) -> list[int]:
    """Return those before a piece that are not before another of them as well."""
    wanted = set(after)
    further: set[int] = set()
    for one in wanted:
        open_places = [*pieces[one].after]
        while open_places:
            place = open_places.pop()
            if place not in further:
                further.add(place)
                open_places += pieces[place].after
    return sorted(wanted - further)


def _chained(one: Tie) -> ChainedCell:
    return ChainedCell(one.second, one.first, one.is_one, one.reason)


_DIFFERENT = (
    "clock",
    "new id",
    "new name",
    "which only a notebook has",
    "input()",
    "end the notebook",
    "differs from process to process",
    "of the process itself",
    "do not leave the node",
)


def _remarks(cell: WovenCell, woven: WovenNotebook) -> Iterable[tuple[bool, CellRemark]]:
    for text in cell.obstacles:
        yield True, CellRemark(cell.number, text)
    if cell.is_drawing and not woven.is_seeded:
        yield True, CellRemark(cell.number, "it draws at random without a seed")
    for note in cell.notes:
        yield any(word in note for word in _DIFFERENT), CellRemark(cell.number, note)
