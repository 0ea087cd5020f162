"""The journal followed once, for everybody who wants to see it live."""

import asyncio
import logging
from collections import deque
from functools import cached_property

from flowforge_lab.errors import FlowForgeError
from flowforge_lab.events import Entry
from flowforge_lab.services import to_json
from flowforge_lab.store import Recorded, StoreJournal

from .wire import event_of

logger = logging.getLogger(__name__)
MAX_BEHIND = 2000
"""How many events a stream may lag behind before it is given up; its client comes back for the rest."""
ALL = ""
"""In the place of a workflow's id: those of all workflows."""
_AGAIN_SECONDS = 1.0


class Fallen(Exception):  # noqa: N818  # a word between the hub and its streams, seen by nobody
    """A stream is too far behind, or the journal could not be followed."""


class Live:
    """An event on its way to any number of streams; it is written once, for the first that sends it.

    One that comes straight from the engine has no position yet, and its workflow is not known.
    """

    def __init__(self, entry: Entry, position: int = 0, workflow_id: str = "") -> None:
        self.entry = entry
        self.position = position
        self.workflow_id = workflow_id

    @cached_property
    def data(self) -> bytes:
        """The event as JSON."""
        return to_json(event_of(self.entry))


class Subscription:
    """What came for one stream and was not sent yet. It never keeps anybody waiting."""

    def __init__(self, execution_id: str, workflow_id: str) -> None:
        self.execution_id = execution_id
        self.workflow_id = workflow_id
        self._waiting: deque[Live] = deque()
        self._bell = asyncio.Event()
        self._is_fallen = False

    def put(self, live: Live) -> None:
        """Take one event in, or fall behind for good."""
        if len(self._waiting) >= MAX_BEHIND:
            self.fall()
        if not self._is_fallen:
            self._waiting.append(live)
            self._bell.set()

    def fall(self) -> None:
        """Give the stream up."""
        self._is_fallen = True
        self._waiting.clear()
        self._bell.set()

    async def take(self, *, patience: float) -> list[Live]:
        """Return all that waits, at the latest after so many seconds; empty if nothing came.

        Raises:
            Fallen: the stream is given up.
        """
        if not self._waiting and not self._is_fallen:
            try:
                async with asyncio.timeout(patience):
                    await self._bell.wait()
            except TimeoutError:
                return []
        if self._is_fallen:
            raise Fallen
        found = list(self._waiting)
        self._waiting.clear()
        self._bell.clear()
        return found


class Hub:
    """Follows the journal while anybody listens, and hands each event to those whom it concerns."""

    def __init__(self, journal: StoreJournal) -> None:
        self._journal = journal
        self._by_execution: dict[str, set[Subscription]] = {}
        self._by_workflow: dict[str, set[Subscription]] = {}
        self._is_wanted = asyncio.Event()
        self._is_following = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """How many streams there are."""
        groups = (*self._by_execution.values(), *self._by_workflow.values())
        return sum(map(len, groups))

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        while True:
            await self._is_wanted.wait()
            try:
                async with asyncio.TaskGroup() as group:
                    self._following = group.create_task(self._follow(), name="follow the journal")
            except* FlowForgeError:
                logger.exception("could not follow the journal")
                self._is_following.clear()
                self.let_fall()
                await asyncio.sleep(_AGAIN_SECONDS)  # noqa: TID251  # the store's trouble takes real time

    async def _follow(self) -> None:
        after = await self._journal.position()
        self._is_following.set()
        async for recorded in self._journal.follow(after=after):
            self._hand_out(recorded)

    def hear(self, entry: Entry) -> None:
        """Take an event of this process straight from the engine; the journal brings it once more."""
        streams = self._by_execution.get(entry.execution_id)
        if streams:
            live = Live(entry)
            for stream in streams:
                stream.put(live)

    def _hand_out(self, recorded: Recorded) -> None:
        live = Live(recorded.entry, recorded.position, recorded.workflow_id)
        for stream in self._by_execution.get(live.entry.execution_id, ()):
            stream.put(live)
        for workflow_id in (recorded.workflow_id, ALL):
            for stream in self._by_workflow.get(workflow_id, ()):
                stream.put(live)

    def let_fall(self) -> None:
        """Give all streams up; their clients come back for what they miss."""
        for group in (*self._by_execution.values(), *self._by_workflow.values()):
            for stream in group:
                stream.fall()

    async def subscribe(self, *, execution_id: str = "", workflow_id: str = "") -> Subscription:
        """Return a subscription to one execution or one workflow; what comes from now on is in it."""
        stream = Subscription(execution_id, workflow_id)
        self._group(stream).add(stream)
        self._is_wanted.set()
        await self._is_following.wait()
        return stream

    def leave(self, stream: Subscription) -> None:
        """End a subscription; may be called twice."""
        group = self._group(stream)
        group.discard(stream)
        if not group:
            if stream.execution_id:
                self._by_execution.pop(stream.execution_id, None)
            else:
                self._by_workflow.pop(stream.workflow_id, None)
        if not self._by_execution and not self._by_workflow:
            self._is_wanted.clear()
            self._is_following.clear()  # whoever comes next waits until it is followed again
            if self._following is not None:
                self._following.cancel()

    def _group(self, stream: Subscription) -> set[Subscription]:
        if stream.execution_id:
            return self._by_execution.setdefault(stream.execution_id, set())
        return self._by_workflow.setdefault(stream.workflow_id, set())
