"""Loops go round something, and what ends or continues a turn stands in it; jumps go to one place."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft
from flowforge_lab.plan.shape import BODY

_OF_A_TURN = ("continue", "break")


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each loop and jump that cannot do what it is for."""
    for id, kind in draft.types.items():
        if kind.loops and not any(_leaving(draft, id, BODY)):
            hint = f"lead {BODY!r} to what shall be done in each turn"
            text = f"nothing hangs on {BODY!r}: it goes round nothing"
            yield Problem("loop.body", text, node=id, field=f"next.{BODY}", hint=hint)
        if kind.jumps:
            yield from _judge_jump(draft, id)
    yield from _judge_edges(draft)


def _leaving(draft: Draft, id: str, port: str) -> Iterator[str]:
    return (edge.target for edge in draft.edges if edge.source == id and edge.from_port == port)


def _judge_jump(draft: Draft, id: str) -> Iterator[Problem]:
    targets = list(_leaving(draft, id, "out"))
    if len(targets) != 1:
        found = ", ".join(targets) or "none"
        text = f"a jump goes to one node; found {found}"
        yield Problem("jump.target", text, node=id, field="next.out")


def _judge_edges(draft: Draft) -> Iterator[Problem]:
    for edge in draft.intruding:
        text = f"jumps into the body of a loop that it is not in: {edge.target!r}"
        hint = "jump to the loop itself, or to a node before it"
        yield Problem(
            "jump.into_loop", text, node=edge.source, field=f"next.{edge.from_port}", hint=hint
        )
    for edge in draft.sound_edges:
        kind = draft.types.get(edge.target)
        if kind is None or not kind.loops or edge.to_port not in _OF_A_TURN:
            continue
        if edge.target not in draft.shape.around[edge.source]:
            text = f"{edge.to_port!r} of {edge.target!r} is for nodes in its body"
            hint = f"lead to {edge.target!r} itself to begin the loop"
            yield Problem(
                "loop.port", text, node=edge.source, field=f"next.{edge.from_port}", hint=hint
            )
