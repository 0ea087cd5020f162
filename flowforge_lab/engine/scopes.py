"""Turns of loops as a token carries them: what is in which turn, and what scope an edge leads into."""

from collections.abc import Callable, Iterator

from flowforge_lab.events import (
    Event,
    ExecutionState,
    Scope,
    Token,
    TokenDropped,
    Visit,
    VisitCancelled,
)
from flowforge_lab.plan import Plan, Step
from flowforge_lab.spec import Edge

from .branches import Place

Test = Callable[[Place], bool]


def in_loop(visit: int, index: int | None = None) -> Test:
    """Return a test for places in the loop that `visit` is, or in its one turn `index`."""

    def test(place: Place) -> bool:
        return any(
            frame[0] == visit and (index is None or frame[1] == index) for frame in place.scope
        )

    return test


def depth_of(state: ExecutionState, scope: Scope, loop: str) -> int | None:
    """Return the place in a scope of the innermost turn of the node `loop`."""
    for depth in range(len(scope) - 1, -1, -1):
        if state.visits[scope[depth][0]].node == loop:
            return depth
    return None


def leaving(
    plan: Plan, state: ExecutionState, step: Step, *, visit: Visit, port: str
) -> tuple[Token, ...]:
    """Return the tokens that leave a visit by a port."""
    until = state.started.until if state.started else ""
    return tuple(
        [
            Token(
                visit.number,
                edge.from_port,
                edge.target,
                edge.to_port,
                _behind(plan, state, visit, edge=edge) if visit.scope else (),
            )
            for edge in step.ways.get(port, ())
            if not until or plan.leads_to(edge.target, until)
        ]
    )


def _behind(plan: Plan, state: ExecutionState, visit: Visit, *, edge: Edge) -> Scope:
    """Return the scope that an edge leads into: only jumps leave loops."""
    if not plan.steps[edge.source].type.jumps:
        return visit.scope
    if depth_of(state, visit.scope, edge.target) is not None:
        return visit.scope  # back to a loop it is in, which ends the turns of those inside
    inside = plan.shape.around[edge.target]
    return tuple(frame for frame in visit.scope if state.visits[frame[0]].node in inside)


def let_go(state: ExecutionState, test: Test, *, at: int) -> Iterator[Event]:
    """Yield the events that end everything alive at the places that `test` holds for."""
    for visit in state.open_visits():
        if test(Place(visit.node, visit.scope)):
            yield cancelled(visit, at)
    for token in state.tokens:
        if test(Place(token.target, token.scope)):
            yield TokenDropped(token)


def cancelled(visit: Visit, at: int) -> VisitCancelled:
    """Return the event that ends an open visit."""
    duration = (at - visit.started_at) / 1e6
    return VisitCancelled(
        visit.number,
        visit.node,
        visit.kind,
        visit.started_at,
        duration,
        visit.attempts,
        visit.last_attempt_at,
    )
