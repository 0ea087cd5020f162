"""The queue of a lab, as a notebook or a script sees it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from flowforge_lab.engine import Outcome, Start
from flowforge_lab.errors import SettingsError
from flowforge_lab.services import QueueState, QueueStats, Source, Worker

from .loop import LoopThread
from .parts import Parts

_LOOK_SECONDS = 0.2


class LabQueue:
    """`lab.queue`; every call may be made from any thread. With `queue_url` workers take from it."""

    def __init__(self, parts: Parts, loop: LoopThread) -> None:
        self._parts = parts
        self._loop = loop

    @property
    def has_broker(self) -> bool:
        """Whether workers run what is due: `queue_url` is set."""
        return self._parts.worker is not None

    def put(
        self,
        source: Source,
        inputs: Mapping[str, Any] | None = None,
        *,
        delay: float = 0.0,
        **start: Any,
    ) -> str:
        """Leave an execution of a workflow to whoever takes it from the queue, and return its id.

        It is handed out after `delay` seconds, the higher `priority` first. `start` are further fields of
        `Start`.

        Raises:
            PlanError: the workflow or its inputs are not valid; nothing was started.
            ConflictError: its key was used before, or the workflow drops what is over its limit.
        """
        at = self._parts.clock.stamp() + int(delay * 1e6) if delay > 0 else None
        wanted = Start(
            inputs={} if inputs is None else inputs, is_queued=True, not_before=at, **start
        )
        return self._loop.run_sync(self._parts.executions.start(source, wanted))

    def state(self) -> QueueState:
        """Return whether what is due is handed out."""
        return self._loop.run_sync(self._parts.queue.state())

    def stats(self) -> QueueStats:
        """Return how many executions are ready, run, wait and failed, whoever runs them."""
        return self._loop.run_sync(self._parts.queue.stats())

    def pause(self) -> None:
        """Hand out nothing more, by any host, until `resume`; what runs goes on."""
        self._loop.run_sync(self._parts.queue.pause())

    def resume(self) -> None:
        """Hand out again what is due."""
        self._loop.run_sync(self._parts.queue.resume())

    def process(self) -> Outcome | None:
        """Run the next execution that is due, here, and return what became of it; `None` if none is."""
        return self._loop.run_sync(self._parts.queue.process())

    def drain(self, *, timeout: float | None = None) -> QueueStats:
        """Wait until nothing is ready or running, and return what is left.

        Raises:
            ConflictError: the queue is paused and something is ready, or `timeout` seconds are over.
        """
        return self._loop.run_sync(self._parts.queue.drain(patience=timeout))

    def work(self, *, until: Callable[[], bool] | None = None) -> None:
        """Be a worker of this lab until interrupted, or until `until()` holds.

        Raises:
            SettingsError: no `queue_url` is set: there is nothing to take executions from.
            StoreFullError: the lab's folder is read-only.
        """
        self._parts.store.refuse_read_only()
        worker = self._parts.worker
        if worker is None:
            msg = "FLOWFORGE_QUEUE_URL is not set: without a broker `flowforge serve` runs everything"
            raise SettingsError(msg)
        self._loop.run_sync(self._work(worker, until))

    async def _work(self, worker: Worker, until: Callable[[], bool] | None) -> None:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(worker.run())
            while until is None or not await asyncio.to_thread(until):
                await self._parts.clock.sleep(_LOOK_SECONDS)
            working.cancel()
