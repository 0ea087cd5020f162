"""n8n: nodes by name with parameters, connections by name; each node works on items."""

from collections.abc import Sequence
from typing import Any

from .case import Case, no_maker
from .checks import checked
from .language import Call, Part, Said, Translator, UnknownError
from .n8n_nodes import AFTER, MAKERS, ONWARD, Maker
from .ordering import in_order
from .reading import MAX_NODES, number, place, refusal, rows, table, tables, words
from .report import Imported
from .sketch import Original, Sketch
from .words import JAVASCRIPT, functions

_PREFIX = "n8n-nodes-base."
_REMARK = (
    "n8n runs a node once for each item; here it runs once, on the whole of what comes in. Where a service"
    " answers with a list, put a loop behind it."
)
_BRANCHING = ("if", "switch", "splitInBatches")
_ITEM_CALLS = ("first", "last", "item")


def fits(document: Any) -> bool:
    """Whether a document looks like n8n's."""
    nodes = tables(table(document).get("nodes"))
    return "connections" in table(document) or any("typeVersion" in node for node in nodes)


def read(document: Any, stem: str) -> Imported:
    """Return the workflow of an export of n8n.

    Raises:
        DocumentError: it is none, or has more nodes than are read.
    """
    whole = table(document)
    nodes = tables(whole.get("nodes"))
    if not nodes and not fits(document):
        raise refusal("expected an export of n8n with 'nodes' and 'connections'")
    if len(nodes) > MAX_NODES:
        msg = f"expected at most {MAX_NODES:,} nodes, found {len(nodes):,}"
        raise refusal(msg)
    name = words(whole.get("name")) or stem
    reading = Reading(whole, Sketch(name, name, "n8n"))
    sketch = reading.run()
    wanted = tuple(sketch.wanted.values())
    return Imported("n8n", (sketch.workflow(),), tuple(sketch.lines), wanted, (_REMARK,))


class Reading:
    """One document: its nodes by name, what leads to each, and what an item is behind each."""

    def __init__(self, whole: dict[str, Any], sketch: Sketch) -> None:
        self.sketch = sketch
        self.settings = table(whole.get("settings"))
        self._nodes: dict[str, dict[str, Any]] = {}
        self._ids: dict[str, str] = {}
        self._into: dict[str, list[tuple[str, int]]] = {}
        self._broken: set[str] = set()
        self._items: dict[str, str | UnknownError] = {}
        for one in tables(whole.get("nodes")):
            self._take(one)
        self._connections = _connections(whole, self._nodes)
        for source, output, target in self._connections:
            self._into.setdefault(target, []).append((source, output))

    def _take(self, node: dict[str, Any]) -> None:
        if kind_of(node) == "stickyNote":
            parameters = table(node.get("parameters"))
            size = number(parameters.get("width")) or 240, number(parameters.get("height")) or 160
            self.sketch.note(words(parameters.get("content")), _place(node), size)
            return
        name = words(node.get("name")) or words(node.get("id")) or "node"
        while name in self._nodes:
            name += " (again)"
        self._nodes[name] = node
        self._ids[name] = self.sketch.id_for(name)

    def run(self) -> Sketch:
        """Return the workflow, node by node, then the edges."""
        for name in in_order(self._nodes, [(one, other) for one, _, other in self._connections]):
            self._note_item(name)
            self._make(name)
        for source, output, target in self._connections:
            self._connect(source, output, target)
        timeout = number(self.settings.get("executionTimeout"))
        if timeout and timeout > 0:
            self.sketch.settings["timeout"] = timeout
        return self.sketch

    def _make(self, name: str) -> None:
        node, id = self._nodes[name], self._ids[name]
        kind = kind_of(node)
        original = Original(name, words(node.get("type")), node, at=_place(node))
        case = Case(id, original, self.sketch, read=lambda text: self.said(text, name), mark="=")
        maker: Maker = MAKERS.get(kind, no_maker)
        fields = _fields(node)
        try:
            maker(case, table(node.get("parameters")))
            made = self.sketch.nodes[id]
            if made["kind"].startswith("trigger."):
                fields.pop("retry", None)
            self.sketch.nodes[id] = {**made, **fields}
            self.sketch.mapped(original, id, tuple(case.doubts))
        except UnknownError as error:
            self._broken.add(name)
            self._stand_in(case, node, str(error))

    def _stand_in(self, case: Case, node: dict[str, Any], why: str) -> None:
        parameters = table(node.get("parameters"))
        if kind_of(node).endswith("Trigger"):
            case.add("trigger.manual", {}, notes=f"In n8n: {case.original.type}")
            told = "put the trigger in that fits, or start it by hand"
            self.sketch.tell(case.original, "placeholder", node=case.id, why=why, todo=told)
            return
        code = next((words(parameters.get(key)) for key in ("jsCode", "functionCode", "pythonCode")
                     if parameters.get(key)), "")  # fmt: skip
        self.sketch.placeholder(case.id, case.original, why, code=code)
        if node.get("disabled") is True:
            self.sketch.nodes[case.id]["disabled"] = True

    # -- edges

    def _connect(self, source: str, output: int, target: str) -> None:
        node = self._nodes[source]
        made = self.sketch.nodes[self._ids[source]]
        ports = _ports(made, kind_of(node))
        if output >= len(ports) and node.get("onError") == "continueErrorOutput":
            port = "error"
        else:
            port = ports[min(output, len(ports) - 1)] if ports else ""
        if port:
            self.sketch.connect(self._ids[source], self._ids[target], port=port)

    # -- what an item is

    def _note_item(self, name: str) -> None:
        """Find out what `$json` is at a node, from those before it that are made already."""
        found: set[str] = set()
        try:
            for source, output in self._into.get(name, ()):
                if source in self._items:
                    found.add(self.item_behind(source, output))
        except UnknownError as error:
            self._items[name] = error
            return
        why = "nothing leads to it" if not found else "several nodes lead to it"
        told = UnknownError(f"what comes in cannot be told beforehand: {why}")
        self._items[name] = found.pop() if len(found) == 1 else told

    def item_at(self, name: str) -> str:
        """Return what `$json` is at a node.

        Raises:
            UnknownError: what leads to it brings several things.
        """
        item = self._items[name]
        if isinstance(item, UnknownError):
            raise UnknownError(*item.args)
        return item

    def item_behind(self, name: str, output: int = 0) -> str:
        """Return what an item is behind an output of a node.

        Raises:
            UnknownError: that cannot be told beforehand.
        """
        kind, id = kind_of(self._nodes[name]), self._ids[name]
        if name not in self._items:
            msg = f"{name[:60]!r} runs later"
            raise UnknownError(msg)
        is_error = self._nodes[name].get("onError") == "continueErrorOutput"
        if output and is_error and kind not in _BRANCHING:
            raise UnknownError("what comes in is an error: its text is 'input.title' here")
        if name in self._broken:
            return f"nodes.{id}.result"
        after = AFTER.get(kind)
        told = after[min(output, len(after) - 1)] if after else f"nodes.{id}.result"
        if told == ONWARD:
            return self.item_at(name)
        if not told:
            msg = f"what comes behind {name[:60]!r} has no form that can be told beforehand"
            raise UnknownError(msg)
        return told.format(id=id)

    # -- expressions

    def said(self, text: str, name: str) -> Said:
        """Return an expression at a node in our words.

        Raises:
            UnknownError: it cannot be said.
        """
        said = Translator(
            text, lambda root, parts: self._root(root, parts, name), JAVASCRIPT
        ).whole()
        return checked(said)

    def _root(self, root: str, parts: Sequence[Part], name: str) -> tuple[str, int]:
        if root == "$json":
            return self.item_at(name), 0
        if root == "$input":
            return self.item_at(name), _after_item(parts, 0)
        if other := _named(root, parts):
            return self._of(other, parts, 1)
        return _of_language(root, parts)

    def _of(self, other: str, parts: Sequence[Part], taken: int) -> tuple[str, int]:
        if other not in self._nodes:
            msg = f"there is no node {other[:60]!r}"
            raise UnknownError(msg)
        return self.item_behind(other), _after_item(parts, taken)


_JSON = {"stringify": "json.dumps", "parse": "json.loads"}
_PLAIN = {"$now": "now()", "$itemIndex": "index", "$runIndex": "index"}


def _named(root: str, parts: Sequence[Part]) -> str:
    """Return the node that `$node["name"]` or `$('name')` names; empty where it is something else."""
    first = parts[0] if parts else ""
    if root == "$node" and isinstance(first, str):
        return first
    if root == "$" and isinstance(first, Call) and first.literals:
        return first.literals[0]
    return ""


def _of_language(root: str, parts: Sequence[Part]) -> tuple[str, int]:
    """Return what names no node: constants of n8n, and functions of JavaScript."""
    if root in _PLAIN:
        return _PLAIN[root], 0
    if root == "$execution" and parts[:1] == ["id"]:
        return "execution.id", 1
    first = parts[0] if parts else ""
    if isinstance(first, Call):
        word = _JSON.get(first.name) if root == "JSON" else None
        if word and first.arguments:
            return f"{word}({first.arguments[0].text})", 1
        if not first.name:
            return functions(root, first), 1
    msg = f"{root!r} is not known here"
    raise UnknownError(msg)


def _after_item(parts: Sequence[Part], taken: int) -> int:
    """Return how many parts lead to the values of one item, such as `.item.json` and `.first().json`."""
    for part in parts[taken : taken + 2]:
        name = part.name if isinstance(part, Call) else part
        if name == "json":
            return taken + 1
        if name not in _ITEM_CALLS:
            break
        taken += 1
    raise UnknownError("only one item of a node can be named here")


def kind_of(node: dict[str, Any]) -> str:
    """Return the type of a node without its package."""
    return words(node.get("type")).removeprefix(_PREFIX)


def _place(node: dict[str, Any]) -> tuple[float, float] | None:
    at = rows(node.get("position"))
    return place(at[0], at[1]) if len(at) > 1 else None


def _fields(node: dict[str, Any]) -> dict[str, Any]:
    """Return what holds for a node of any kind: retries, whether it is on, notes."""
    fields: dict[str, Any] = {}
    if node.get("retryOnFail") is True:
        tries = min(max(int(number(node.get("maxTries")) or 3), 1), 100)
        wait = (number(node.get("waitBetweenTries")) or 1000) / 1000
        fields["retry"] = {
            "attempts": tries,
            "backoff": "constant",
            "first": max(wait, 0.0),
            "jitter": False,
        }
    if node.get("disabled") is True:
        fields["disabled"] = True
    if notes := words(node.get("notes")):
        fields["notes"] = notes[:4000]
    if node.get("continueOnFail") is True or node.get("onError") == "continueRegularOutput":
        fields["continue_with"] = {}
    return fields


def _ports(made: dict[str, Any], kind: str) -> list[str]:
    if made["kind"] == "logic.condition":
        return ["true"] if kind == "filter" else ["true", "false"]
    if made["kind"] == "logic.switch":
        return [*(case["name"] for case in made["config"]["cases"]), "default"]
    if made["kind"] == "logic.loop":
        return ["done", "body"] if kind == "splitInBatches" else ["body"]
    return [] if made["kind"] == "flow.end" else [step_port(made["kind"])]


def step_port(kind: str) -> str:
    """Return the port by which a node of a kind is left as a rule."""
    return {"flow.wait_webhook": "received"}.get(kind, "out")


def _connections(whole: dict[str, Any], nodes: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Return each edge as source, number of the output, target; those of tools and models are left out.

    Nodes are named by their names, by some programs that write such files by their ids.
    """
    names = {words(node.get("id")): name for name, node in nodes.items()} | {
        one: one for one in nodes
    }
    found = []
    for source, kinds in table(whole.get("connections")).items():
        for output, targets in enumerate(rows(table(kinds).get("main"))[:50]):
            for target in tables(targets):
                ends = names.get(source), names.get(words(target.get("node")))
                if ends[0] is not None and ends[1] is not None:
                    found.append((ends[0], output, ends[1]))
    return found[: 5 * MAX_NODES]
