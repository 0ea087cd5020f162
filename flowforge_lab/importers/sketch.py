"""A workflow while it is put together: nodes under ids of their own, edges, notes, and the report."""

import re
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from pydantic import ValidationError

from flowforge_lab.spec import Node, Workflow

from .reading import kept, without_secrets
from .report import Fate, Line, Wanted

_ELSE = re.compile(r"[^a-zA-Z0-9]+")
_MAX_ID = 48
_MAX_KEPT = 300_000
_MAX_NOTE = 3900
_MAX_LABEL = 200
Place = tuple[float, float] | None
Edge = tuple[str, str, str, str]


class Original:
    """A node of the foreign document: what it is called there, its type, where it stands, all of it."""

    def __init__(self, name: str, type: str, whole: Any, *, at: Place = None) -> None:
        self.name = name or type or "node"
        self.type = type
        self.whole = whole
        self.at = at


class Sketch:
    """Puts one workflow together; `product` is where it comes from, as people call it."""

    def __init__(self, id: str, name: str, product: str) -> None:
        self.id = slug(id)
        self.name = name
        self.product = product
        self.description = ""
        self.inputs: dict[str, Any] = {}
        self.settings: dict[str, Any] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.edges: list[Edge] = []
        self.places: dict[str, Place] = {}
        self.drawn: list[dict[str, Any]] = []
        self.lines: list[Line] = []
        self.wanted: dict[str, Wanted] = {}
        self._ids: set[str] = set()
        self._left = _MAX_KEPT

    # -- nodes

    def id_for(self, name: str) -> str:
        """Return an id that no other node has, made of a name."""
        base = _ELSE.sub("_", name).strip("_").lower()[:_MAX_ID] or "node"
        base = base if base[0].isalpha() else f"n_{base}"
        base = f"{base}_node" if iskeyword(base) else base  # expressions could not name it
        id, number = base, 1
        while id in self._ids:
            number += 1
            id = f"{base}_{number}"
        self._ids.add(id)
        return id

    def add(
        self,
        id: str,
        kind: str,
        config: Mapping[str, Any],
        *,
        original: Original | None = None,
        **fields: Any,
    ) -> None:
        """Add a node; `fields` are those of a node in a file."""
        given = {name: value for name, value in fields.items() if value not in (None, "", {}, [])}
        label = original.name[:_MAX_LABEL] if original is not None else ""
        if label and _ELSE.sub("_", label).strip("_").lower() != id:
            given.setdefault("label", label)
        self.nodes[id] = {"kind": kind, "config": without_secrets(dict(config)), **given}
        self.places[id] = None if original is None else original.at

    def placeholder(self, id: str, original: Original, why: str, *, code: str = "") -> None:
        """Add a node that fails when it is run and says what is to be done; the original is in its notes.

        `code` is what the original did in a language that is not run here; it stands there as comment.
        """
        title = f"{original.name!r} of {self.product} ({original.type}) was not taken over: {why}"
        comment = "".join(f"# {line}\n" for line in code.splitlines()[:2000])
        config = {
            "code": f"{comment}raise NotImplementedError({title[:900]!r})\n",
            "effects": "none",
        }
        notes = f"Placeholder. {title}\n\n{self._kept(original)}"
        self.add(id, "python.code", config, original=original, notes=notes, retry={"attempts": 1})
        self.tell(original, "placeholder", node=id, why=why, todo="put a node in its place")

    def _kept(self, original: Original) -> str:
        text = kept(original.whole)
        if len(text) > self._left:
            text = f"{text[:300]}\n... (cut: the document would be too large)"
        self._left -= len(text)
        return f"Original:\n{text}"

    def note(self, text: str, at: Place, size: tuple[float, float] = (240, 120)) -> None:
        """Draw a note on the canvas."""
        wide, high = (round(min(max(side, 20.0), 20_000.0), 1) for side in size)
        if text.strip():
            drawn = {"kind": "note", "text": text[:_MAX_NOTE], "at": list(at or (0, 0))}
            self.drawn.append({**drawn, "size": [wide, high]})

    # -- edges

    def connect(self, source: str, target: str, *, port: str = "out", into: str = "in") -> None:
        """Draw an edge, once; `error` is the port of errors."""
        edge = (source, port, target, into)
        if edge not in self.edges:
            self.edges.append(edge)

    # -- the report

    def tell(
        self, original: Original, fate: Fate, *, node: str = "", why: str = "", todo: str = ""
    ) -> None:
        """Note what became of a node."""
        self.lines.append(Line(self.id, original.name, original.type, fate, node, why, todo))

    def mapped(self, original: Original, node: str, doubts: tuple[str, ...] = ()) -> None:
        """Note that a node was taken over, wholly or with doubts."""
        told = "; ".join(dict.fromkeys(doubts))
        todo = "look at it, and try it" if told else ""
        self.tell(original, "partly" if told else "mapped", node=node, why=told, todo=todo)

    def connection(self, called: str, kind: str, node: str) -> str:
        """Return the name of a connection to make, and note who needs it."""
        name = _ELSE.sub("_", called).strip("_").lower()[:60] or kind
        before = self.wanted.get(name, Wanted(name, kind, called))
        self.wanted[name] = Wanted(name, before.kind, before.called, (*before.nodes, node))
        return name

    # -- the whole

    def workflow(self) -> Workflow:
        """Return the workflow: with a start where there is none, and without circles that never end."""
        if not any(node["kind"].startswith("trigger.") for node in self.nodes.values()):
            self._start()
        self._break_circles()
        plain = self._plain()
        try:
            return Workflow.model_validate(plain)
        except ValidationError:
            plain["nodes"] = {id: _sound(id, node) for id, node in plain["nodes"].items()}
            return Workflow.model_validate(plain)

    def _start(self) -> None:
        id = self.id_for("start")
        reached = {target for _, _, target, _ in self.edges}
        first = [node for node in self.nodes if node not in reached] or list(self.nodes)[:1]
        self.nodes = {id: {"kind": "trigger.manual", "config": {}}, **self.nodes}
        self.places[id] = None
        for node in first:
            self.connect(id, node)

    def _break_circles(self) -> None:
        """Let each edge that leads back to where it comes from go through a jump; a loop has its own way."""
        for edge in self._backward():
            source, port, target, into = edge
            if self.nodes[target]["kind"] == "logic.loop" and into == "in":
                self.edges[self.edges.index(edge)] = (source, port, target, "continue")
            elif self.nodes[target]["kind"] != "logic.loop":
                jump = self.id_for(f"back_to_{target}")
                self.nodes[jump] = {"kind": "logic.jump", "config": {}}
                self.edges[self.edges.index(edge)] = (source, port, jump, "in")
                self.edges.append((jump, "out", target, into))

    def _backward(self) -> list[Edge]:
        ahead: dict[str, list[Edge]] = {id: [] for id in self.nodes}
        for one in self.edges:
            if one[0] in ahead and one[2] in ahead:
                ahead[one[0]].append(one)
        found: list[Edge] = []
        done: set[str] = set()
        for root in self.nodes:
            path: dict[str, Any] = {} if root in done else {root: iter(ahead[root])}
            while path:
                node = next(reversed(path))
                edge: Edge | None = next(path[node], None)
                if edge is None:
                    done.add(node)
                    del path[node]
                elif edge[2] in path:
                    found.append(edge)
                elif edge[2] not in done:
                    path[edge[2]] = iter(ahead[edge[2]])
        return found

    def _plain(self) -> dict[str, Any]:
        nodes = {id: dict(node) for id, node in self.nodes.items()}
        for source, port, target, into in self.edges:
            if source not in nodes or target not in nodes or _is_trigger(nodes[target]):
                continue
            end = target if into == "in" else f"{target}.{into}"
            if port == "error":
                nodes[source].setdefault("on_error", []).append(end)
            else:
                nodes[source].setdefault("next", {}).setdefault(port, []).append(end)
        canvas: dict[str, Any] = {
            id: list(at) for id, at in self.places.items() if at and id in nodes
        }
        canvas |= {f"_note_{number}": note for number, note in enumerate(self.drawn, start=1)}
        head = {"id": self.id, "name": self.name[:200], "description": self.description[:4000]}
        return {
            **head, "inputs": self.inputs, "settings": self.settings, "nodes": nodes, "canvas": canvas,
        }  # fmt: skip


def slug(name: str) -> str:
    """Return a name as the id of a workflow."""
    return re.sub(r"[^a-zA-Z0-9]+", "_", name).strip("_").lower()[:60] or "imported"


def _is_trigger(node: Mapping[str, Any]) -> bool:
    return str(node["kind"]).startswith("trigger.")


def _sound(id: str, node: dict[str, Any]) -> dict[str, Any]:
    """Return a node without the fields that do not fit, which nobody foresaw."""
    try:
        Node.model_validate(node)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        return {name: value for name, value in node.items() if name not in wrong} | {
            "kind": node["kind"], "notes": f"{id}: left out: {', '.join(sorted(wrong))}",
        }  # fmt: skip
    return node
