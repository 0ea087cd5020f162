"""Wishes for executions, whoever runs them: pause, go on, edit. Each is journaled by whom it reaches."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.engine import Engine
from flowforge_lab.errors import ConflictError
from flowforge_lab.events import Event, ExecutionFinished
from flowforge_lab.store import StoreJournal

from .executions import Executions

_SEEN_SECONDS = 15.0
"""Whoever holds an execution looks for wishes twice a second, and is given up after a lease at most."""


class Wishes:
    """Leaves wishes in the journal, where they stay until they are taken.

    An execution of this process takes one at once, one that nobody runs is taken up here for it, and one of
    another process takes it within half a second.
    """

    def __init__(
        self, engine: Engine, journal: StoreJournal, executions: Executions, *, audit: Audit
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._executions = executions
        self._audit = audit

    async def pause(self, execution_id: str, *, by: str = "", reason: str = "") -> None:
        """Let nothing new start in an execution; what runs finishes, then it is parked as paused.

        Raises:
            NotFoundError: there is no such execution.
            ConflictError: it is over already.
        """
        await self.leave(execution_id, "pause", by=by, reason=reason)

    async def unpause(self, execution_id: str, *, by: str = "", is_step: bool = False) -> None:
        """Let a paused execution go on, or make one visit of each arrival; nothing if it is not paused.

        Raises as `pause` does.
        """
        await self.leave(execution_id, "continue", by=by, is_step=is_step)

    async def leave(self, execution_id: str, kind: str, **fields: Any) -> None:
        """Leave a wish of any kind and see that somebody takes it.

        Raises as `pause` does.
        """
        head = await self._executions.get(execution_id)
        payload = msgspec.json.encode(fields).decode()
        if not await self._journal.signal(head.id, kind, payload):
            status = (await self._executions.get(head.id)).status
            msg = f"execution {head.id} is over already: {status}"
            raise ConflictError(msg)
        wish = {name: value for name, value in fields.items() if value and name != "by"}
        await self._audit.note(
            f"execution.{kind}", head.id, before=head.status, after=wish or None
        )
        self._engine.poke()
        await self._executions.resume(head.id)

    async def see_through(
        self, execution_id: str, kind: str, is_it: Callable[[Event], bool], **fields: Any
    ) -> None:
        """Leave a wish and return once an event that it brings about stands in the journal.

        Raises:
            ConflictError: the execution is over, or nobody took the wish in time.
        """
        after = await self._journal.position()
        await self.leave(execution_id, kind, **fields)
        try:
            async with asyncio.timeout(_SEEN_SECONDS):
                async for recorded in self._journal.follow(after=after, execution_id=execution_id):
                    if is_it(recorded.entry.event):
                        return
                    if isinstance(recorded.entry.event, ExecutionFinished):
                        msg = f"execution {execution_id} ended before it took {kind!r}"
                        raise ConflictError(msg)
        except TimeoutError as error:
            msg = f"execution {execution_id}: nobody took {kind!r} within {_SEEN_SECONDS:g} s"
            raise ConflictError(msg) from error
