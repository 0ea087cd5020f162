"""The queue of a lab elsewhere."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import ConflictError, RemoteError
from flowforge_lab.services import QueueState, QueueStats

from .answers import id_of
from .wire import Wire

_AT_A_TIME = 10.0
"""A server waits so long for the end of a queue before it is asked again."""


class RemoteQueue:
    """`remote.queue`: what is due there, held and worked on, by the calls of `lab.queue`."""

    def __init__(self, wire: Wire, outcome_of: Callable[[str], Outcome]) -> None:
        self._wire = wire
        self._outcome_of = outcome_of

    @property
    def has_broker(self) -> bool:
        """Whether workers run what is due there: `queue_url` is set."""
        return bool(self._wire.ask("GET", "/api/queue/state")["has_broker"])

    def put(
        self,
        source: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        delay: float = 0.0,
        **start: Any,
    ) -> str:
        """Leave an execution to whoever takes it from the queue, and return its id.

        It is handed out after `delay` seconds, the higher `priority` first; `start` is as for `start`.
        """
        begin = {"workflow_id": id_of(source), "inputs": dict(inputs or {}), **start}
        queued = {**begin, "is_queued": True, "delay": max(delay, 0.0)}
        return str(self._wire.ask("POST", "/api/executions", json=queued)["execution_id"])

    def state(self) -> QueueState:
        """Return whether what is due is handed out."""
        state: QueueState = self._wire.ask("GET", "/api/queue/state")["state"]
        return state

    def stats(self) -> QueueStats:
        """Return how many executions are ready, run, wait and failed, whoever runs them."""
        return msgspec.convert(self._wire.ask("GET", "/api/queue/stats"), QueueStats)

    def pause(self) -> None:
        """Hand out nothing more, by any host, until `resume`; what runs goes on."""
        self._wire.ask("POST", "/api/queue/pause")

    def resume(self) -> None:
        """Hand out again what is due."""
        self._wire.ask("POST", "/api/queue/resume")

    def process(self) -> Outcome | None:
        """Run the next execution that is due, there, and return what became of it; `None` if none is."""
        told = self._wire.ask("POST", "/api/queue/process", timeout=None)
        return None if told is None else self._outcome_of(told["execution_id"])

    def drain(self, *, timeout: float | None = None) -> QueueStats:
        """Wait until nothing is ready or running, and return what is left.

        Raises:
            ConflictError: the queue is paused and something is ready, or `timeout` seconds are over.
        """
        ends_at = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            left = max(ends_at - time.monotonic(), 0.0)
            asked = {"timeout": min(left, _AT_A_TIME)}
            try:
                told = self._wire.ask(
                    "POST", "/api/queue/drain", params=asked, timeout=_AT_A_TIME + 15
                )
            except ConflictError:
                if left <= _AT_A_TIME or self._stands_still():
                    raise
            else:
                return msgspec.convert(told, QueueStats)

    def work(self, *, until: Callable[[], bool] | None = None) -> None:
        """Refuse: a worker opens the lab itself.

        Raises:
            RemoteError: always.
        """
        del until
        raise RemoteError("a worker opens the lab itself: run `flowforge worker` on its machine")

    def _stands_still(self) -> bool:
        stats = self.stats()
        return stats.state == "paused" and not stats.running
