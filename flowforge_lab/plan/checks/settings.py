"""The settings of nodes and workflow go together."""

from collections.abc import Iterator, Mapping

from flowforge_lab.errors import Problem
from flowforge_lab.nodes import NodeType
from flowforge_lab.plan.draft import Draft, texts_in
from flowforge_lab.spec import did_you_mean

_WAITING = ("flow.delay", "flow.wait_", "flow.sub_workflow")
_OTHER_LIMITS = {"flow.sub_workflow": "give the other workflow a settings.timeout"}


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for settings that exclude each other or that will never matter."""
    for id, node in draft.workflow.nodes.items():
        if node.on_error and node.continues:
            text = "continue_with never comes to pass: on_error takes the error first"
            hint = "take out one of the two"
            yield Problem("settings.error", text, id, "continue_with", hint, severity="warning")
    yield from _durability(draft)
    yield from _timeouts(draft)
    yield from _values_instead(draft)
    for id in draft.workflow.places:
        if id not in draft.workflow.nodes:
            text = f"{id!r} has a place on the canvas, but is no node"
            yield Problem("canvas.node", text, field=f"canvas.{id}", severity="warning")


def _timeouts(draft: Draft) -> Iterator[Problem]:
    """While a node waits, the time of no attempt runs."""
    for id, kind in draft.types.items():
        if draft.workflow.nodes[id].timeout is None or not kind.kind.startswith(_WAITING):
            continue
        told = f"timeout is for an attempt, and {kind.kind} makes none while it waits: it does nothing here"
        has_own = "timeout" in kind.config.model_fields
        hint = "give it in config" if has_own else _OTHER_LIMITS.get(kind.kind, "take it out")
        yield Problem("settings.timeout", told, id, "timeout", hint, severity="warning")


def _values_instead(draft: Draft) -> Iterator[Problem]:
    """Outputs to go on with are what the node would give, written out."""
    for id, kind in draft.types.items():
        if draft.workflow.nodes[id].disabled:
            continue
        value = draft.workflow.nodes[id].continue_with
        if any("{{" in text for _, text in texts_in(value)):
            told = "taken as it is written: an expression in it is not evaluated"
            hint = "lead on_error to a node that works it out"
            yield Problem("settings.outputs", told, id, "continue_with", hint, severity="warning")
        if draft.workflow.nodes[id].continues and not kind.outputs_of(draft.configs[id]):
            told = f"{kind.kind} ends the execution: there is nothing to go on to"
            yield Problem("settings.error", told, id, "continue_with", "take it out")
        if isinstance(value, dict) and kind.outputs.model_config.get("extra") != "allow":
            yield from _unknown_outputs(value, id, kind)


def _unknown_outputs(value: Mapping[str, object], id: str, kind: NodeType) -> Iterator[Problem]:
    known = kind.outputs.model_fields
    for name in value:
        if name not in known:
            text = f"{kind.kind} gives no {name!r}; it gives: {', '.join(known)}"
            hint = did_you_mean(name, known)
            yield Problem("settings.outputs", text, id, f"continue_with.{name}", hint)


def _durability(draft: Draft) -> Iterator[Problem]:
    if draft.workflow.settings.durability != "execution":
        return
    for id, kind in draft.types.items():
        if kind.effects_with(draft.configs[id]) == "writes":
            text = f"durability 'execution' is for pure computation, but {kind.kind} changes the outside"
            hint = "use durability: step"
            yield Problem("settings.durability", text, id, "kind", hint)
