"""Running a node within its time: the wait for a turn is seen by whoever looks, and not counted."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from pydantic import BaseModel

from flowforge_lab.clients import held_by, traced
from flowforge_lab.errors import NodeError
from flowforge_lab.plan import Step

from .attempt import LiveAttempt
from .deadline import Deadline
from .world import World

_TOLD_SECONDS = 1.0  # a shorter wait is not worth a line


def timed_run(
    world: World, step: Step, attempt: LiveAttempt, *, config: BaseModel, inputs: BaseModel
) -> Coroutine[Any, Any, Any]:
    """Await what the node of a step answers, once it is its turn and within its time limit.

    Raises:
        NodeError: it took longer than its limit.
    """
    running = _timed_run(world, step, attempt, config=config, inputs=inputs)
    return _traced(running, attempt.traceparent) if world.is_traced else running


async def _traced(running: Coroutine[Any, Any, Any], traceparent: str) -> Any:
    with traced(traceparent):
        return await running


async def _timed_run(
    world: World, step: Step, attempt: LiveAttempt, *, config: BaseModel, inputs: BaseModel
) -> Any:
    kind = step.type.kind
    rate = world.limits.kind_rates.get(kind)
    if rate is not None:
        with held_by(_Clock(attempt, None).hold):
            why = f"{kind} may run {rate.count} times in {rate.seconds:g} s"
            await world.clients.pacer.wait(f"kind:{kind}", rate, why=why)
    limit = Deadline(step.type.run(config, inputs, attempt), step.timeout)
    try:
        if step.effects == "none":  # it asks nobody outside, so it waits for no turn
            return await limit
        with held_by(_Clock(attempt, limit).hold):
            return await limit
    except TimeoutError as error:
        if not limit.has_passed:
            raise
        raise _too_slow(step) from error


class _Clock:
    """The clock of an attempt, which stands still while it waits for a turn."""

    def __init__(self, attempt: LiveAttempt, limit: Deadline | None) -> None:
        self._attempt = attempt
        self._limit = limit

    @contextmanager
    def hold(self, why: str, seconds: float) -> Iterator[None]:
        """Stop it, and say so."""
        if seconds >= _TOLD_SECONDS:
            self._attempt.log(f"waits {seconds:.1f} s for its turn: {why}", source="engine")
        with nullcontext() if self._limit is None else self._limit.stopped():
            yield


def _too_slow(step: Step) -> NodeError:
    return NodeError(
        f"no answer within {step.timeout:g} s",
        type="timeout",
        detail=f"{step.id} ({step.type.kind}) was stopped; raise its timeout or make it quicker",
    )
