"""How long an execution may be active."""

from flowforge_lab.clock import Clock
from flowforge_lab.errors import NodeError
from flowforge_lab.plan import Plan

from .chronicle import Chronicle
from .failures import describe
from .outcome import Verdict

_SHORTEST_SLEEP = 0.01  # while all branches wait, what is left of the limit does not shrink


async def too_long(plan: Plan, chronicle: Chronicle, clock: Clock) -> Verdict:
    """Return the verdict over an execution once it was active as long as it may be, in all engines it had.

    The branch that always runs has as much again.
    """
    limit = plan.workflow.settings.timeout
    state = chronicle.state
    while True:
        active = state.active_seconds(chronicle.now())
        left = limit - (active - state.active_before_closing)
        if left <= 0:
            return _failed(limit)
        await clock.sleep(max(left, _SHORTEST_SLEEP))


def _failed(limit: float) -> Verdict:
    error = NodeError(
        f"not finished within {limit:g} s, the time limit of the workflow",
        type="execution.timeout",
        detail="waits are not counted; settings.timeout sets the limit",
        is_transient=False,
    )
    return Verdict("failed", error=describe(error, node="", attempt=0))
