"""When a node that waits for several edges has waited long enough. A join waits in each turn for itself."""

from collections.abc import Iterable, Iterator
from typing import Any

from flowforge_lab.events import ExecutionState, Scope, Token
from flowforge_lab.plan import Plan, Step


def arrived(state: ExecutionState, join: str, scope: Scope) -> list[Token]:
    """Return the tokens that wait at a join in one turn, in the order they came."""
    return [token for token in state.tokens if token.target == join and token.scope == scope]


def arrivals(tokens: Iterable[Token]) -> int:
    """Return how often something came, by tokens; two edges that begin at one port are one."""
    return len({(token.source, token.from_port) for token in tokens})


def waiting_scopes(state: ExecutionState, join: str) -> list[Scope]:
    """Return the turns in which tokens wait at a join."""
    return list(dict.fromkeys(token.scope for token in state.tokens if token.target == join))


def is_late(state: ExecutionState, token: Token) -> bool:
    """Whether the join that a token came to has fired, and not in the token's own past."""
    fired = state.latest.get((token.target, token.scope))
    return fired is not None and all(one is not fired for one in state.ancestors((token,)))


def is_ready(plan: Plan, state: ExecutionState, step: Step, *, scope: Scope) -> bool:
    """Whether a join can fire now: enough edges have come, or no more of them can."""
    tokens = arrived(state, step.id, scope)
    if not tokens:
        return False
    has_enough = has_all(state, step, scope)
    return has_enough or not any(_may_come(plan, state, step, tokens=tokens))


def has_all(state: ExecutionState, step: Step, scope: Scope) -> bool:
    """Whether as many edges have come to a join as it waits for."""
    tokens = arrived(state, step.id, scope)
    config: Any = step.config
    if config.mode != "all":
        return arrivals(tokens) >= wanted(step)
    came = {(_node_of(state, token), token.from_port) for token in tokens}
    return all((edge.source, edge.from_port) in came for edge in step.incoming)


def wanted(step: Step) -> int:
    """Return how many arrivals a join waits for."""
    config: Any = step.config
    counts = {"any": 1, "n": getattr(config, "count", None) or 1, "all": len(step.incoming)}
    return counts[config.mode]


def shortage(state: ExecutionState, step: Step, scope: Scope, *, is_over: bool) -> str:
    """Return why a join fires though less came than it waits for: `timeout`, `short`, or empty.

    One that waits for all is content with all that can come.
    """
    if has_all(state, step, scope):
        return ""
    if is_over:
        return "timeout"
    config: Any = step.config
    return "" if config.mode == "all" else "short"


def deadline(state: ExecutionState, step: Step, scope: Scope) -> int | None:
    """Return when a join gives up waiting (microseconds, UTC): its time after the first arrival."""
    timeout: float | None = getattr(step.config, "timeout", None)
    tokens = arrived(state, step.id, scope)
    if timeout is None or not tokens:
        return None
    return min(state.tokens[token] for token in tokens) + int(timeout * 1e6)


def _may_come(
    plan: Plan, state: ExecutionState, step: Step, *, tokens: list[Token]
) -> Iterator[str]:
    """Yield the sources of edges into the join that something alive in its turn can still reach."""
    scope = tokens[0].scope
    came = {(_node_of(state, token), token.from_port) for token in tokens}
    alive = {visit.node for visit in state.open_visits() if visit.scope == scope}
    alive |= {
        token.target for token in state.tokens if token.scope == scope and token.target != step.id
    }
    for edge in step.incoming:
        if (edge.source, edge.from_port) not in came and any(
            plan.reaches(node, edge.source) for node in alive
        ):
            yield edge.source


def _node_of(state: ExecutionState, token: Token) -> str:
    return state.visits[token.source].node if token.source else ""
