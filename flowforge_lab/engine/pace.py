"""Running a node within its time: the wait for a turn is seen by whoever looks, and not counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

from flowforge_lab.clients import Holding, held_by
from flowforge_lab.errors import NodeError
from flowforge_lab.plan import Step

from .attempt import LiveAttempt
from .deadline import Deadline
from .world import World

_TOLD_SECONDS = 1.0  # a shorter wait is not worth a line


async def timed_run(
    world: World, step: Step, attempt: LiveAttempt, *, config: BaseModel, inputs: BaseModel
) -> Any:
    """Return what the node of a step answers, once it is its turn and within its time limit.

    Raises:
        NodeError: it took longer than its limit.
    """
    kind = step.type.kind
    rate = world.limits.kind_rates.get(kind)
    if rate is not None:
        with held_by(_holding(attempt, None)):
            why = f"{kind} may run {rate.count} times in {rate.seconds:g} s"
            await world.clients.pacer.wait(f"kind:{kind}", rate, why=why)
    limit = Deadline(step.type.run(config, inputs, attempt), step.timeout)
    try:
        with held_by(_holding(attempt, limit)):
            return await limit
    except TimeoutError as error:
        if not limit.has_passed:
            raise
        raise _too_slow(step) from error


def _holding(attempt: LiveAttempt, limit: Deadline | None) -> Holding:
    """Return what stops the clock of an attempt while it waits for a turn, and says so."""

    @contextmanager
    def hold(why: str, seconds: float) -> Iterator[None]:
        if seconds >= _TOLD_SECONDS:
            attempt.log(f"waits {seconds:.1f} s for its turn: {why}", source="engine")
        if limit is None:
            yield
            return
        with limit.stopped():
            yield

    return hold


def _too_slow(step: Step) -> NodeError:
    return NodeError(
        f"no answer within {step.timeout:g} s",
        type="timeout",
        detail=f"{step.id} ({step.type.kind}) was stopped; raise its timeout or make it quicker",
    )
