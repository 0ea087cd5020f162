"""When a node that waits for several edges has waited long enough."""

from collections.abc import Iterator
from typing import Any

from flowforge_lab.events import ExecutionState, Token
from flowforge_lab.plan import Plan, Step


def arrived(state: ExecutionState, join: str) -> list[Token]:
    """Return the tokens that wait at a join, in the order they came."""
    return [token for token in state.tokens if token.target == join]


def has_fired(state: ExecutionState, join: str) -> bool:
    """Whether the join has started a visit already: what comes now is late."""
    return any(visit.node == join for visit in state.visits.values())


def is_ready(plan: Plan, state: ExecutionState, step: Step) -> bool:
    """Whether a join can fire now: enough edges have come, or no more of them can."""
    tokens = arrived(state, step.id)
    if not tokens or has_fired(state, step.id):
        return False
    config: Any = step.config
    edges = {(token.source, token.from_port) for token in tokens}
    wanted = {"any": 1, "n": getattr(config, "count", None) or 1}.get(config.mode)
    if wanted is not None and len(edges) >= wanted:
        return True
    return not any(_may_come(plan, state, step))


def _may_come(plan: Plan, state: ExecutionState, step: Step) -> Iterator[str]:
    """Yield the sources of edges into the join that something alive can still reach."""
    came = {
        (state.visits[token.source].node, token.from_port) for token in arrived(state, step.id)
    }
    alive = {visit.node for visit in state.open_visits()}
    alive |= {token.target for token in state.tokens if token.target != step.id}
    for edge in step.incoming:
        if (edge.source, edge.from_port) not in came and any(
            plan.reaches(node, edge.source) for node in alive
        ):
            yield edge.source
