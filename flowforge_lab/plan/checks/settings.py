"""The settings of nodes and workflow go together."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for settings that exclude each other or that will never matter."""
    for id, node in draft.workflow.nodes.items():
        if node.on_error and node.continues:
            text = "continue_with never comes to pass: on_error takes the error first"
            hint = "take out one of the two"
            yield Problem("settings.error", text, id, "continue_with", hint, severity="warning")
    yield from _durability(draft)
    yield from _values_instead(draft)
    for id in draft.workflow.canvas:
        if id not in draft.workflow.nodes:
            text = f"{id!r} has a place on the canvas, but is no node"
            yield Problem("canvas.node", text, field=f"canvas.{id}", severity="warning")


def _values_instead(draft: Draft) -> Iterator[Problem]:
    """Outputs to go on with are what the node would give."""
    for id, kind in draft.types.items():
        value = draft.workflow.nodes[id].continue_with
        if not isinstance(value, dict) or kind.outputs.model_config.get("extra") == "allow":
            continue
        for name in value:
            if name not in kind.outputs.model_fields:
                has = ", ".join(kind.outputs.model_fields)
                text = f"{kind.kind} gives no {name!r}; it gives: {has}"
                hint = did_you_mean(name, kind.outputs.model_fields)
                yield Problem("settings.outputs", text, id, f"continue_with.{name}", hint)


def _durability(draft: Draft) -> Iterator[Problem]:
    if draft.workflow.settings.durability != "execution":
        return
    for id, kind in draft.types.items():
        if kind.effects_with(draft.configs[id]) == "writes":
            text = f"durability 'execution' is for pure computation, but {kind.kind} changes the outside"
            hint = "use durability: step"
            yield Problem("settings.durability", text, id, "kind", hint)
