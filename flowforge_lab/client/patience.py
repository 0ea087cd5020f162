"""Waiting for an execution elsewhere, over any number of requests and broken connections."""

import time

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import StoreUnavailableError

from .answers import outcome_of
from .wire import Wire, place

_AT_A_TIME = 20.0
_TRIES = 8
_AGAIN_SECONDS = 0.25


def wait_for(
    wire: Wire, execution_id: str, *, timeout: float | None = None, is_patient: bool = True
) -> Outcome:
    """Return what became of an execution, once it is over or paused; not patient, also once it waits.

    Raises:
        TimeoutError: it did not come to that within `timeout` seconds.
        StoreUnavailableError: the server cannot be reached, again and again.
    """
    ends_at = float("inf") if timeout is None else time.monotonic() + timeout
    tries = 0
    while True:
        left = min(max(ends_at - time.monotonic(), 0.0), _AT_A_TIME)
        asked = {"seconds": left, "is_patient": is_patient}
        path = place("executions", execution_id, "wait")
        try:
            told = wire.ask("GET", path, params=asked, timeout=left + 15)
        except StoreUnavailableError:
            tries += 1
            if tries >= _TRIES:
                raise
            time.sleep(_AGAIN_SECONDS)  # noqa: TID251  # between two connections, in the caller's thread
            continue
        tries = 0
        if told is not None:
            return outcome_of(told)
        if time.monotonic() >= ends_at:
            msg = f"execution {execution_id} is under way still after {timeout:g} s"
            raise TimeoutError(msg)
