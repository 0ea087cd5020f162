"""Every expression parses, and names things that exist."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from flowforge_lab.errors import Problem
from flowforge_lab.expressions import ROOTS, VARIABLE_SCOPES, Path, Reference
from flowforge_lab.nodes import NodeType
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import ERROR_PORT, Node, did_you_mean

_TURN = ("item", "index")
"""What a loop gives to those in its body, beside its outputs for those behind it."""

_ADDRESS = ("url", "token")
_EXECUTION = (
    *("id", "workflow_id", "digest", "trigger", "started_at", "user", "session", "chat"),
    *("parent", "status", "error"),
)


class Place(NamedTuple):
    """Where a reference stands: in which node and field."""

    node: str
    field: str

    def problem(self, code: str, text: str, hint: str = "", *, is_error: bool = True) -> Problem:
        """Return a problem of this place."""
        return Problem(
            code, text, self.node, self.field, hint, severity="error" if is_error else "warning"
        )


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each expression that does not parse or names what is not there."""
    for id, compiled in (*draft.compiled.items(), *draft.each_turn.items()):
        if id in draft.idle:  # what it names may be disabled with what leads to it
            continue
        for path, error in compiled.problems:
            yield Place(id, field_of(path)).problem("expression.syntax", str(error))
        for path, reference in compiled.references:
            judge = _JUDGES.get(str(reference.path[0]), _judge_root)
            yield from judge(draft, Place(id, field_of(path)), reference)
        for path, secret in compiled.secrets:
            yield from _judge_secret(draft, Place(id, field_of(path)), secret)


def field_of(path: Path) -> str:
    """Return the field of a node that a place in its config is."""
    return ".".join(["config", *map(str, path)])


def _at(reference: Reference) -> str:
    return f" at character {reference.offset + 1}"


def _judge_root(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    root = str(reference.path[0])
    if root in ROOTS:
        return
    hint = did_you_mean(root, (*ROOTS, *draft.workflow.nodes))
    if root in draft.workflow.nodes:
        hint = f"write nodes.{root}"
    yield place.problem("expression.name", f"unknown name {root!r}{_at(reference)}", hint)


def _judge_loop(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    kind = draft.types.get(place.node)
    is_known = draft.in_a_loop(place.node) or (kind is not None and kind.loops)
    if is_known or reference.is_optional:
        return
    text = f"{reference.path[0]!r}{_at(reference)} is known only inside a loop"
    yield place.problem("expression.name", text)


def _judge_input(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    name = str(reference.path[1]) if len(reference.path) > 1 else None
    if name is None or name in draft.workflow.inputs or reference.is_optional:
        return
    has = ", ".join(draft.workflow.inputs) or "none"
    text = f"no input {name!r}{_at(reference)}; the workflow has: {has}"
    yield place.problem("expression.name", text, did_you_mean(name, draft.workflow.inputs))


def _judge_execution(_draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    name = str(reference.path[1]) if len(reference.path) > 1 else None
    if name is not None and name not in _EXECUTION:
        text = f"execution has no {name!r}{_at(reference)}; it has: {', '.join(_EXECUTION)}"
        yield place.problem("expression.name", text, did_you_mean(name, _EXECUTION))


def _judge_variable(_draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    scope = str(reference.path[1])
    if scope not in VARIABLE_SCOPES:
        text = (
            f"no variable scope {scope!r}{_at(reference)}; there are: {', '.join(VARIABLE_SCOPES)}"
        )
        yield place.problem("expression.name", text, did_you_mean(scope, VARIABLE_SCOPES))


def _judge_node(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    name = str(reference.path[1])
    if name not in draft.workflow.nodes:
        hint = did_you_mean(name, draft.workflow.nodes)
        yield place.problem("expression.node", f"no node {name!r}{_at(reference)}", hint)
        return
    if not draft.graph.reaches(name, place.node) and place.node not in draft.last_part:
        text = f"{name!r}{_at(reference)} never runs before {place.node!r}"
        hint = f"lead {name!r} to {place.node!r}, or write default(nodes.{name}..., ...)"
        yield place.problem("expression.order", text, hint, is_error=not reference.is_optional)
    elif not reference.is_optional and not _has_run(draft, name, place.node):
        text = f"{name!r}{_at(reference)} may not have run when {place.node!r} does"
        hint = f"where that can be, write default(nodes.{name}..., ...)"
        yield place.problem("expression.maybe", text, hint, is_error=False)
    yield from _judge_output(draft, place, reference)


def _has_run(draft: Draft, name: str, node: str) -> bool:
    """Whether a node has run whenever another one does."""
    if draft.shape.forward.always_before(name, node):
        return True
    return name in draft.run_before.get(node, ())


def _judge_output(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    name, *keys = (str(key) for key in reference.path[1:])
    kind, node = draft.types.get(name), draft.workflow.nodes[name]
    if kind is None or not keys or (keys[0] == "error" and node.on_error):
        return
    known = [*kind.outputs.model_fields, *(_TURN if kind.loops else ())]
    if keys[0] not in known and kind.outputs.model_config.get("extra") != "allow":
        text = f"{name!r} gives no {keys[0]!r}{_at(reference)}; it gives: {', '.join(known)}"
        yield place.problem("expression.field", text, did_you_mean(keys[0], known))
    elif node.continues and not reference.is_optional and keys[0] not in _spare(node):
        text = f"{name!r} gives no {keys[0]!r}{_at(reference)} when it goes on after an error"
        hint = f"put {keys[0]} into its continue_with, or write default(nodes.{name}..., ...)"
        yield place.problem("expression.maybe", text, hint, is_error=False)


def _spare(node: Node) -> Mapping[str, object]:
    return node.continue_with if isinstance(node.continue_with, Mapping) else {}


def _judge_trigger(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    """`trigger.<name>` is what a trigger gives; the workflow may have several, and not all give the same."""
    givers = [
        kind
        for id, kind in draft.types.items()
        if kind.is_trigger and not draft.workflow.nodes[id].disabled
    ]
    yield from _judge_field(place, reference, givers, giver="the trigger")


def _judge_came(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    """`input.<name>` is what comes along an edge, where nothing but plain outputs does."""
    kind = draft.types.get(place.node)
    edges = [edge for edge in draft.edges if edge.target == place.node]
    givers = [draft.types.get(edge.source) for edge in edges]
    known = [giver for giver in givers if giver is not None and not giver.loops]
    is_plain = not any(edge.from_port == ERROR_PORT for edge in edges)
    if kind is None or kind.joins or len(known) < len(givers) or not is_plain:
        return
    if place.node not in draft.last_part:
        yield from _judge_field(place, reference, known, giver="what comes in")


def _judge_field(
    place: Place, reference: Reference, kinds: Sequence[NodeType], *, giver: str
) -> Iterator[Problem]:
    """A name must be an output of one of these at least."""
    name = str(reference.path[1]) if len(reference.path) > 1 else ""
    outputs = [kind.outputs for kind in kinds]
    is_open = not outputs or any(one.model_config.get("extra") == "allow" for one in outputs)
    known = list(dict.fromkeys(field for one in outputs for field in one.model_fields))
    if not name or is_open or reference.is_optional or name in known:
        return
    has = ", ".join(known) or "nothing"
    text = f"{giver} gives no {name!r}{_at(reference)}; it gives: {has}"
    yield place.problem("expression.field", text, did_you_mean(name, known))


def _judge_wait(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    """`waits.<node>` needs a node that waits for an answer, in turns that are known where it is named."""
    waiting = [id for id, kind in draft.types.items() if kind.answers]
    name, key = str(reference.path[1]), str(reference.path[2])
    if name not in waiting:
        has = ", ".join(waiting) or "none"
        text = f"no node {name!r}{_at(reference)} waits for an answer; those that do: {has}"
        yield place.problem("expression.node", text, did_you_mean(name, waiting))
        return
    unknown = draft.shape.around[name] - draft.shape.around[place.node]
    if unknown:
        text = (
            f"{name!r}{_at(reference)} has an address in each turn of {', '.join(sorted(unknown))}"
        )
        hint = "name it inside that loop"
        yield place.problem("expression.order", text, hint)
    if key not in _ADDRESS:
        text = f"a wait has no {key!r}{_at(reference)}; it has: {', '.join(_ADDRESS)}"
        yield place.problem("expression.field", text, did_you_mean(key, _ADDRESS))


def _judge_secret(draft: Draft, place: Place, secret: str) -> Iterator[Problem]:
    around = draft.surroundings
    if around.lacks_secret(secret):
        hint = (
            did_you_mean(secret, around.secrets or ()) or f"set FLOWFORGE_SECRET_{secret.upper()}"
        )
        yield place.problem("secret.missing", f"no secret {secret!r}", hint)


_JUDGES = {
    "nodes": _judge_node,
    "trigger": _judge_trigger,
    "input": _judge_came,
    "inputs": _judge_input,
    "vars": _judge_variable,
    "execution": _judge_execution,
    "item": _judge_loop,
    "index": _judge_loop,
    "waits": _judge_wait,
}
