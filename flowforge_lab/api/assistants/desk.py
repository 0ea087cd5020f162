"""One call of a tool, from the arguments to what the assistant is told."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

import anyio

from flowforge_lab.access import Role
from flowforge_lab.api.hub import Hub
from flowforge_lab.engine import Outcome, Start, Started
from flowforge_lab.errors import ConflictError, FlowForgeError
from flowforge_lab.lab import Parts
from flowforge_lab.services import microseconds
from flowforge_lab.store import ExecutionHead

from .answers import Answer, ended, is_over, refusal, standing
from .offers import Offer, Offers
from .reporting import Tell, report

_LOOK_SECONDS = 0.5
_AFTER_WAKING = 0.3
CALLER_LEFT = "the assistant cancelled its call"
_LATER = "it goes on; ask flowforge_get_execution with its id for how it ends"
_NOTES = {
    "waiting": "it waits for a time or for somebody's answer, and goes on by itself once that has come;"
    " ask flowforge_get_execution with its id for how it ends",
    "paused": "somebody paused it; it goes on once somebody lets it",
}


class Asker(Protocol):
    """Whoever calls."""

    @property
    def name(self) -> str:
        """Who they are."""

    def may(self, needed: Role, workflow_id: str = "") -> bool:
        """Whether they have a role in the lab, or at least in one workflow of it."""


Renew = Callable[[Any], Asker | None]
"""Gives whoever was let in before with the roles they have now; nobody where that is over."""


IsAllowed = Callable[[], bool]


class Desk:
    """Takes the calls of assistants. Once `is_ending` is set no call waits for its execution any more."""

    def __init__(self, parts: Parts, hub: Hub, renew: Renew) -> None:
        self.parts = parts
        self._hub = hub
        self._renew = renew
        self.offers = Offers(parts)
        self.is_ending = asyncio.Event()

    async def call(
        self, asker: Asker, offer: Offer, arguments: Mapping[str, Any], *, tell: Tell | None
    ) -> Answer:
        """Run a workflow and return its end, or how it stands where that does not come in time.

        Whoever cancels the call cancels the execution, if they still may; one that is cancelled because
        the server ends is left to the next host.
        """
        try:
            with anyio.CancelScope(shield=True):  # once it is journaled, its id is known here
                started = await self._start(offer, arguments)
        except FlowForgeError as error:
            return refusal(error)
        try:
            return await self._see_through(asker, offer, started.execution_id, tell=tell)
        except FlowForgeError as error:
            return refusal(error)
        except asyncio.CancelledError:
            if not self.is_ending.is_set() and self._still_may(asker, offer.workflow.id):
                with anyio.CancelScope(shield=True):
                    await self._cancel(started.execution_id)
            raise

    async def _start(self, offer: Offer, arguments: Mapping[str, Any]) -> Started:
        start = Start(inputs=dict(arguments), trigger=offer.trigger)
        started = await self.parts.executions.start_plan(offer.plan, start)
        if started.status in {"dropped", "refused"}:
            msg = f"{offer.workflow.id} has as many executions as it may have; try again later"
            raise ConflictError(msg)
        return started

    async def _cancel(self, execution_id: str) -> None:
        with contextlib.suppress(FlowForgeError):  # it is over already
            await self.parts.executions.cancel(execution_id, reason=CALLER_LEFT)

    def _still_may(self, asker: Asker, workflow_id: str) -> bool:
        now = self._renew(asker)
        return now is not None and now.may("operator", workflow_id)

    async def _see_through(
        self, asker: Asker, offer: Offer, execution_id: str, *, tell: Tell | None
    ) -> Answer:
        seconds, workflow_id = self.parts.settings.mcp_wait_seconds, offer.workflow.id
        async with asyncio.TaskGroup() as group:
            telling: list[asyncio.Task[None]] = []
            if tell is not None:
                telling.append(group.create_task(self._report(execution_id, tell)))
            found = await self._until(
                lambda: self._still_may(asker, workflow_id),
                self._settled(execution_id, seconds),
                seconds=seconds,
            )
            if telling and found is not None and is_over(found.status):
                await asyncio.wait(telling, timeout=_LOOK_SECONDS)  # the last steps are told too
            for task in telling:
                task.cancel()
        if not self._still_may(asker, workflow_id):
            told = (
                f"{asker.name!r} may not run {offer.name!r} any more; it goes on: {execution_id}"
            )
            return Answer(told, is_error=True)
        return await self.answer(execution_id, found)

    async def _until(
        self, is_allowed: IsAllowed, work: Coroutine[Any, Any, Outcome], *, seconds: float
    ) -> Outcome | None:
        """Return what work gives; nothing once it takes too long, is not allowed any more, or all ends."""
        async with asyncio.TaskGroup() as group:
            end = group.create_task(_caught(work))
            over = group.create_task(self._until_over(is_allowed))
            await asyncio.wait((end, over), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in (end, over):
                task.cancel()
        found = None if end.cancelled() else end.result()
        if isinstance(found, FlowForgeError):
            raise found
        return found

    async def _report(self, execution_id: str, tell: Tell) -> None:
        entries = self.parts.executions.entries
        await report(self._hub, lambda: entries(execution_id), tell, execution_id=execution_id)

    async def _settled(self, execution_id: str, seconds: float) -> Outcome:
        """Return how an execution stands once nothing more is to come of it within so many seconds."""
        executions, clock = self.parts.executions, self.parts.clock
        until = microseconds(clock.now()) + int(seconds * 1e6)
        while True:
            outcome = await executions.wait(execution_id, is_patient=False)
            wake_at = outcome.wake_at
            if outcome.status != "waiting" or wake_at is None or wake_at > until:
                return outcome
            left = max((wake_at - microseconds(clock.now())) / 1e6, 0.0) + _AFTER_WAKING
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    return await executions.wait(execution_id)

    async def _until_over(self, is_allowed: IsAllowed) -> None:
        """Return once the server ends, or whoever calls may not do so any more."""
        while not self.is_ending.is_set() and is_allowed():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self.is_ending.wait()

    # -- what is under way

    async def answer(self, execution_id: str, outcome: Outcome | None = None) -> Answer:
        """Return how an execution ended, or how it stands and what to make of that."""
        if outcome is None or not is_over(outcome.status):
            outcome = await self.parts.executions.outcome(execution_id)
        if is_over(outcome.status):
            return ended(outcome)
        head = await self.parts.executions.get(execution_id)
        waits = await self.parts.waits.all(execution_id=execution_id)
        return standing(
            execution_id, head.status, note=_NOTES.get(head.status, _LATER), waits=waits
        )

    async def wait(self, asker: Asker, head: ExecutionHead, seconds: float) -> Answer:
        """Return how an execution ended or stands, after so many seconds at most."""

        def may_look() -> bool:
            now = self._renew(asker)
            return now is not None and now.may("viewer", head.workflow_id)

        waiting = self.parts.executions.wait(head.id)
        found = await self._until(may_look, waiting, seconds=seconds)
        if not may_look():
            return Answer(f"{asker.name!r} may not look at {head.id} any more", is_error=True)
        return await self.answer(head.id, found)


async def _caught(work: Coroutine[Any, Any, Outcome]) -> Outcome | FlowForgeError:
    """Return an error of ours: raised in a group of tasks it would become one of many."""
    try:
        return await work
    except FlowForgeError as error:
        return error
