"""What happens in the lab, for every open page: the journal is followed once, while anybody looks."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from flowforge_lab.errors import FlowForgeError
from flowforge_lab.events import ExecutionFinished, ExecutionStarted
from flowforge_lab.lab import Parts
from flowforge_lab.store import Recorded

from .page import News

logger = logging.getLogger(__name__)
Listener = Callable[[News], None]
BEAT_SECONDS = 0.25
_BEATS = int(1 / BEAT_SECONDS)
_AGAIN_SECONDS = 1.0


class Pulse:
    """Tells its listeners one to four times a second what happened, whichever process did it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._listeners: set[Listener] = set()
        self._is_wanted = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self._moved: set[str] = set()
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._workflows: set[str] = set()
        self._has_acts = False

    @property
    def count(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def subscribe(self, listener: Listener) -> None:
        """Tell `listener` from now on, on the loop of the lab."""
        self._listeners.add(listener)
        self._is_wanted.set()

    def leave(self, listener: Listener) -> None:
        """Tell it no more; may be called twice."""
        self._listeners.discard(listener)
        if not self._listeners:
            self._is_wanted.clear()
            if self._following is not None:
                self._following.cancel()

    def note_act(self) -> None:
        """Let all pages know that somebody changed something."""
        self._has_acts = True

    async def run(self) -> None:
        """Follow the journal whenever somebody listens, until cancelled."""
        while True:
            await self._is_wanted.wait()
            try:
                async with asyncio.TaskGroup() as group:
                    self._following = group.create_task(
                        self._follow(), name="follow for the screen"
                    )
                    beating = group.create_task(self._beat(), name="beat")
                    self._following.add_done_callback(partial(_cancel, beating))
            except* FlowForgeError:
                logger.exception("could not follow the journal")
                await self._parts.clock.sleep(_AGAIN_SECONDS)

    async def _follow(self) -> None:
        async for recorded in self._parts.store.journal.follow():
            self._take(recorded)

    def _take(self, recorded: Recorded) -> None:
        entry = recorded.entry
        self._moved.add(entry.execution_id)
        self._workflows.add(recorded.workflow_id)
        if isinstance(entry.event, ExecutionStarted):
            self._begun.add(entry.execution_id)
        elif isinstance(entry.event, ExecutionFinished):
            self._ended.add(entry.execution_id)

    async def _beat(self) -> None:
        beats = 0
        while True:
            await self._parts.clock.sleep(BEAT_SECONDS)
            beats += 1
            if self._moved or self._has_acts or not beats % _BEATS:
                self._tell(beats // _BEATS)

    def _tell(self, seconds: int) -> None:
        news = News(
            frozenset(self._moved),
            frozenset(self._begun),
            frozenset(self._ended),
            frozenset(self._workflows),
            self._has_acts,
            seconds,
        )
        for group in (self._moved, self._begun, self._ended, self._workflows):
            group.clear()
        self._has_acts = False
        for listener in list(self._listeners):
            listener(news)


def _cancel(task: asyncio.Task[None], _done: asyncio.Task[None]) -> None:
    task.cancel()
