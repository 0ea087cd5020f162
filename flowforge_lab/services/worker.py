"""A worker: takes the ids of executions from the broker and runs those that it can claim."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import CancelledError

from flowforge_lab.clients import Broker
from flowforge_lab.clock import Clock
from flowforge_lab.errors import FlowForgeError

from .executions import Executions
from .queue import Queue

logger = logging.getLogger(__name__)
_ROOM_SECONDS = 0.02


class Worker:
    """Runs as many executions at once as `max_running` says; several workers share what there is.

    An id is only a hint: whoever claims the execution in the store runs it, and one that nobody should go
    on with now is left alone. So it does no harm that an id comes twice, late or never.
    """

    def __init__(
        self, broker: Broker, executions: Executions, queue: Queue, *, clock: Clock
    ) -> None:
        self._broker = broker
        self._executions = executions
        self._queue = queue
        self._clock = clock
        self._is_stopping = False
        self._stop: Callable[[], None] | None = None
        self._closing = asyncio.Lock()

    async def run(self) -> None:
        """Work until cancelled; what runs then is left to others when the lab is closed."""
        loop = asyncio.get_running_loop()

        def take(execution_id: str) -> None:
            try:
                asyncio.run_coroutine_threadsafe(self.take(execution_id), loop).result()
            except CancelledError:
                return

        self._is_stopping = False
        self._stop = self._broker.consume(take)
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """Take nothing more; returns within two seconds, and may be called twice, also at once."""
        self._is_stopping = True
        async with self._closing:
            stop, self._stop = self._stop, None
            if stop is not None:
                await asyncio.to_thread(stop)

    async def take(self, execution_id: str) -> bool:
        """Run an execution here, in the background, once there is room; false where it is not for us."""
        while not self._executions.free and not self._is_stopping:
            await self._clock.sleep(_ROOM_SECONDS)
        if self._is_stopping or await self._queue.is_paused():
            return False
        try:
            return await self._executions.take_up(execution_id) is not None
        except FlowForgeError:
            facts = {"execution_id": execution_id}
            logger.exception("could not go on with an execution", extra=facts)
            return False
