"""How long an execution may be active."""

from flowforge_lab.clock import Clock

from .chronicle import Chronicle

_SHORTEST_SLEEP = 0.01  # while all branches wait, what is left of the limit does not shrink


async def used_up(limit: float, chronicle: Chronicle, clock: Clock) -> None:
    """Return once the execution was active for `limit` seconds in all, earlier engines included.

    The branch that always runs has as much again.
    """
    state = chronicle.state
    while True:
        active = state.active_seconds(chronicle.now())
        left = limit - (active - state.active_before_closing)
        if left <= 0:
            return
        await clock.sleep(max(left, _SHORTEST_SLEEP))
