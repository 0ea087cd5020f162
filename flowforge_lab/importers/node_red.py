"""Node-RED: tabs of nodes wired by id; a message goes along, of which each node sets some properties."""

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .case import Case, no_maker
from .checks import checked
from .language import Part, Said, Translator, UnknownError
from .node_red_nodes import MAKERS, After, Maker, Message
from .ordering import in_order
from .reading import MAX_NODES, place, refusal, rows, table, tables, words
from .report import Imported, Line, Wanted
from .sketch import Original, Sketch, slug
from .words import JAVASCRIPT

_NO_NODES = (
    "tab",
    "group",
    "comment",
    "link in",
    "link out",
    "link call",
    "catch",
    "debug",
    "status",
    "complete",
    "junction",
)
_PASSED_BY = ("link in", "link out", "junction")


_MUSTACHE = r"\{\{\s*([^{}#^/!>&][^{}]*?)\s*\}\}"
_THRICE = re.compile(r"\{\{\{([^{}]*)\}\}\}")


def fits(document: Any) -> bool:
    """Whether a document looks like Node-RED's."""
    nodes = tables(document) or tables(table(document).get("flows"))
    return any("type" in one and ("wires" in one or one.get("type") == "tab") for one in nodes)


def read(document: Any, stem: str) -> Imported:
    """Return the workflows of a file of flows: one for each tab and each subflow.

    Raises:
        DocumentError: it is none, or has more nodes than are read.
    """
    nodes = tables(document) or tables(table(document).get("flows"))
    if not nodes:
        raise refusal("expected a list of Node-RED's nodes")
    if len(nodes) > MAX_NODES:
        msg = f"expected at most {MAX_NODES:,} nodes, found {len(nodes):,}"
        raise refusal(msg)
    sheets = _sheets(nodes, stem)
    taken: set[str] = set()
    called: dict[str, str] = {}
    sketches = []
    for sheet, _ in sheets:
        name = words(sheet.get("label")) or words(sheet.get("name")) or stem
        sketches.append(Sketch(_free(name, taken), name, "Node-RED"))
        called[f"subflow:{words(sheet.get('id'))}"] = sketches[-1].id
    workflows, lines, wanted = [], list[Line](), dict[str, Wanted]()
    for sketch, (sheet, inside) in zip(sketches, sheets, strict=True):
        sketch.description = words(sheet.get("info"))
        _Reading(sketch, inside, sheet, called=called).run()
        workflows.append(sketch.workflow())
        lines += sketch.lines
        wanted |= sketch.wanted
    return Imported(
        "node-red", tuple(workflows), tuple(lines), tuple(wanted.values()), _remarks(nodes)
    )


def _remarks(nodes: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    kinds = {words(node.get("type")) for node in nodes}
    if kinds & {"catch", "status", "complete"}:
        return (
            "what 'catch' leads to gets the error as its input: its texts about the error are to be set",
        )
    return ()


def _free(name: str, taken: set[str]) -> str:
    id, number_ = slug(name), 1
    while id in taken:
        number_ += 1
        id = f"{slug(name)}_{number_}"
    taken.add(id)
    return id


def _sheets(
    nodes: list[dict[str, Any]], stem: str
) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return each tab and subflow that has nodes, with these; nodes of none are one more."""
    found: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
    for node in nodes:
        if words(node.get("type")) in {"tab", "subflow"}:
            found[words(node.get("id"))] = (node, [])
    for node in nodes:
        if words(node.get("type")) in {"tab", "subflow"} or not (
            "wires" in node or node.get("type") == "comment"
        ):
            continue
        key = words(node.get("z"))
        found.setdefault(key, ({"label": stem}, []))[1].append(node)
    whole = [sheet for sheet in found.values() if sheet[1]]
    if not whole:
        raise refusal("there is no node in it that does anything")
    return whole


class _Reading:
    """One tab: what leads where once links are followed, and what the message holds at each node."""

    def __init__(
        self,
        sketch: Sketch,
        nodes: list[dict[str, Any]],
        sheet: Mapping[str, Any],
        *,
        called: Mapping[str, str],
    ) -> None:
        self.sketch = sketch
        self._sheet = sheet
        self._called = called
        self._nodes = {words(node.get("id")) or f"?{at}": node for at, node in enumerate(nodes)}
        self._ids: dict[str, str] = {}
        self._after: dict[str, After] = {}
        self._edges: list[tuple[str, int, str]] = []
        self._into: dict[str, list[tuple[str, int]]] = {}
        self._is_made: set[str] = set()

    def run(self) -> None:
        for key, node in self._nodes.items():
            kind = words(node.get("type"))
            if kind not in _NO_NODES:
                self._ids[key] = self.sketch.id_for(words(node.get("name")) or kind)
        self._wire()
        if self._sheet.get("type") == "subflow":
            self._begin()
        for key in in_order(self._ids, [(one, other) for one, _, other in self._edges]):
            self._make(key)
        for key, node in self._nodes.items():
            self._beside(key, node)
        self._connect()

    # -- wires

    def _wire(self) -> None:
        for key, node in self._nodes.items():
            if key in self._ids:
                for output, targets in enumerate(rows(node.get("wires"))[:50]):
                    for target in self._ends(rows(targets), [key]):
                        self._edges.append((key, output, target))
                        self._into.setdefault(target, []).append((key, output))

    def _ends(self, targets: Iterable[Any], seen: Iterable[str] = ()) -> list[str]:
        """Return the nodes that wires lead to, through links and junctions."""
        found: dict[str, None] = {}
        left, known = deque(map(words, targets)), set(seen)
        while left:
            target = left.popleft()
            node = self._nodes.get(target)
            if target in self._ids:
                found[target] = None
            elif node is not None and target not in known and node.get("type") in _PASSED_BY:
                known.add(target)
                is_link = node.get("type") == "link out"
                left.extend(
                    map(words, rows(node.get("links")) if is_link else _flat(node.get("wires")))
                )
        return list(found)

    def _begin(self) -> None:
        """Let a subflow begin by hand, with the message as its inputs."""
        start = self.sketch.id_for("start")
        self.sketch.nodes[start] = {"kind": "trigger.manual", "config": {}}
        self.sketch.places[start] = None
        self.sketch.inputs["payload"] = {"type": "any"}
        for entry in tables(self._sheet.get("in")):
            for wire in tables(entry.get("wires")):
                if (target := words(wire.get("id"))) in self._ids:
                    self.sketch.connect(start, self._ids[target])
                    self._after["<start>"] = {0: {"payload": "inputs.payload"}}
                    self._into.setdefault(target, []).append(("<start>", 0))

    # -- nodes

    def _make(self, key: str) -> None:
        node, id = self._nodes[key], self._ids[key]
        kind = words(node.get("type"))
        original = Original(
            words(node.get("name")) or kind, kind, node, at=place(node.get("x"), node.get("y"))
        )
        message = self._message_at(key)
        case = Case(id, original, self.sketch, read=lambda text: self.said(text, message))
        case.braces, case.prepare = _MUSTACHE, _once_braced
        if kind.startswith("subflow:"):
            case.calls, kind = self._called.get(kind, ""), "subflow"
        try:
            maker: Maker = MAKERS.get(kind, no_maker)
            self._after[key] = maker(case, node, message)
            self.sketch.mapped(original, id, tuple(case.doubts))
        except UnknownError as error:
            code = words(node.get("func"))
            self.sketch.placeholder(id, original, str(error), code=code)
            self._after[key] = {None: {"payload": f"nodes.{id}.result"}}
        if node.get("d") is True:
            self.sketch.nodes[id]["disabled"] = True

    def _message_at(self, key: str) -> Message:
        """Return what is known of the message at a node: what all that lead to it agree on."""
        found: list[Message] = []
        for source, output in self._into.get(key, ()):
            after = self._after.get(source, {})
            found.append(after.get(output, after.get(None, {})))
        if not found:
            return {}
        return {
            name: text
            for name, text in found[0].items()
            if all(one.get(name) == text for one in found)
        }

    def said(self, text: str, message: Message) -> Said:
        """Return a property of the message in our words.

        Raises:
            UnknownError: it is not known what it holds there.
        """

        def root(name: str, parts: Sequence[Part]) -> tuple[str, int]:
            names = [name, *parts] if name != "msg" else list(parts)
            taken = 0 if name != "msg" else 1
            if not names or not isinstance(names[0], str):
                msg = f"{name!r} is not known here"
                raise UnknownError(msg)
            if (
                names[:2] in (["req", "query"], ["req", "params"], ["req", "body"])
                and "req" in message
            ):
                return f"{message['req']}.{names[1]}", taken + 1
            if names[0] not in message:
                msg = f"what 'msg.{names[0][:40]}' holds cannot be told beforehand"
                raise UnknownError(msg)
            return message[names[0]], taken

        return checked(Translator(text, root, JAVASCRIPT).whole())

    # -- what is no node

    def _beside(self, key: str, node: dict[str, Any]) -> None:
        kind = words(node.get("type"))
        at = place(node.get("x"), node.get("y"))
        original = Original(words(node.get("name")) or kind, kind, node, at=at)
        if kind == "comment":
            self.sketch.note(
                "\n".join(filter(None, (words(node.get("name")), words(node.get("info"))))), at
            )
        elif kind == "debug":
            self.sketch.tell(
                original, "left_out", why="what each step gave is in the history anyway"
            )
        elif kind == "catch":
            self._catch(node, original)
        elif kind in {"status", "complete", "link call"}:
            self.sketch.tell(
                original, "left_out", why="there is no counterpart", todo="draw an edge instead"
            )
        del key

    def _catch(self, node: dict[str, Any], original: Original) -> None:
        scope = rows(node.get("scope"))
        targets = [self._ids[one] for one in self._ends(_flat(node.get("wires")))]
        behind = self._behind_all(targets)
        watched = [self._ids[key] for key in map(words, scope) if key in self._ids] if scope else [
            id for id in self._ids.values() if id not in behind
        ]  # fmt: skip
        for id in watched:
            if not self.sketch.nodes[id]["kind"].startswith("trigger."):
                for target in targets:
                    self.sketch.connect(id, target, port="error")
        self.sketch.tell(original, "partly" if targets else "left_out",
                         why="its edges leave the nodes themselves, by their port for errors")  # fmt: skip

    def _behind_all(self, targets: Sequence[str]) -> set[str]:
        """Return the nodes that some lead to, with these."""
        ahead: dict[str, list[str]] = {}
        for source, _, target in self._edges:
            ahead.setdefault(self._ids[source], []).append(self._ids[target])
        found, left = set(targets), list(targets)
        while left:
            new = [one for one in ahead.get(left.pop(), ()) if one not in found]
            found.update(new)
            left += new
        return found

    def _connect(self) -> None:
        for source, output, target in self._edges:
            made = self.sketch.nodes[self._ids[source]]
            kind = made["kind"]
            port = "out"
            if kind == "logic.switch":
                names = [case["name"] for case in made["config"]["cases"]]
                port = names[output] if output < len(names) else "default"
            elif kind == "logic.loop":
                port = "body"
            elif kind == "flow.end":
                continue
            self.sketch.connect(self._source(source), self._ids[target], port=port)

    def _source(self, key: str) -> str:
        """Return the node that a wire leaves: behind an inject it is the one that makes its message."""
        after = f"{self._ids[key]}_message"
        return after if after in self.sketch.nodes else self._ids[key]


def _flat(value: Any) -> list[Any]:
    return [one for inner in rows(value) for one in rows(inner)]


def _once_braced(text: str) -> str:
    """Return a text of Mustache in which values that are not escaped are written as the others are."""
    return _THRICE.sub(r"{{\1}}", text)
