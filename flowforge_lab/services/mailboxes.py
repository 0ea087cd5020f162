"""Mailboxes that active workflows wait on: watched while a host is up, each mail stored before it is seen."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

from flowforge_lab.clients import Connections, Letter, Mailbox
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Start
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.store import Store
from flowforge_lab.triggers import MailFacts, MailWatch, is_watched, mail_watches

from .executions import Executions
from .workflows import Workflows

logger = logging.getLogger(__name__)
_LOOK_SECONDS = 2.0
_MAX_PAUSE = 60.0
Place = tuple[str, str]
Watches = tuple[MailWatch, ...]
T = TypeVar("T")


class Mailboxes:
    """Watches as long as it is asked to look; close it, and what is under way ends.

    Hosts that watch the same mailbox start the same executions by the same keys: each mail counts once.
    """

    def __init__(
        self,
        store: Store,
        workflows: Workflows,
        executions: Executions,
        *,
        connections: Connections,
        clock: Clock,
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._executions = executions
        self._connections = connections
        self._clock = clock
        self._tasks: dict[Place, asyncio.Task[None]] = {}
        self._watches: dict[Place, Watches] = {}
        self._looked_at = float("-inf")

    async def look(self) -> None:
        """Watch the mailboxes that active workflows name now, and no others. A copied lab watches none."""
        now = self._clock.monotonic()
        if self._store.is_copy or now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        self._watches = await self._wanted()
        for place in [*self._tasks]:
            if place not in self._watches or self._tasks[place].done():
                await _ended(self._tasks.pop(place))
        for place in self._watches:
            if place not in self._tasks:
                task = asyncio.get_running_loop().create_task(self._watch(place))
                self._tasks[place] = task

    async def close(self) -> None:
        """Stop watching."""
        while self._tasks:
            _, task = self._tasks.popitem()
            await _ended(task)

    async def _wanted(self) -> dict[Place, Watches]:
        found: dict[Place, Watches] = {}
        for listed in await self._store.catalogue.list_workflows():
            if not listed.active_digest:
                continue
            try:
                plan = await self._workflows.plan(listed.active_digest)
            except FlowForgeError:
                logger.exception("could not read an active workflow")
                continue
            for watch in mail_watches(plan, listed.id, listed.active_digest):
                place = (watch.connection, watch.folder)
                found[place] = (*found.get(place, ()), watch)
        return found

    async def _watch(self, place: Place) -> None:
        """Watch one mailbox until cancelled; after a failure again, a little later each time."""
        pause = 1.0
        while True:
            visit = _Visit(place, self._watches.get(place, ()), self._connections)
            try:
                async with visit:
                    pause = 1.0
                    await self._stay(visit)
            except FlowForgeError as error:
                logger.warning("mailbox %s/%s: %s; again in %g s", *place, error, pause)
            await self._clock.sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE)

    async def _stay(self, visit: "_Visit") -> None:
        while True:
            watches = self._watches.get(visit.place, ())
            visit.follow(watches)
            unseen = await visit.call(visit.box.unseen)
            if any(uid not in visit.ignored for uid in unseen):
                watches = (await self._wanted()).get(visit.place, ())  # those of this very moment
            for uid in unseen:
                if uid not in visit.ignored:
                    await self._take(visit, uid, watches)
            every = min((float(watch.spec["every"]) for watch in watches), default=60.0)
            await visit.wait(every, self._clock)

    async def _take(self, visit: "_Visit", uid: str, watches: Watches) -> None:
        """Start what waits for a mail, and mark it only after all of that is stored."""
        peeked = await visit.call(visit.box.read, uid, max_file_bytes=_most(watches))
        if peeked is None:
            return
        wanted = [watch for watch in watches if is_watched(watch, _facts(peeked))]
        if not wanted:
            visit.ignored.add(uid)
            return
        for watch in wanted:
            await self._start(watch, peeked, f"{visit.box.validity}:{uid}")
        if any(watch.spec["mark_seen"] for watch in wanted):
            await visit.call(visit.box.mark_seen, uid)
        visit.ignored.add(uid)
        folder = next((watch.spec["move_to"] for watch in wanted if watch.spec["move_to"]), "")
        if folder:
            await visit.call(visit.box.move, uid, folder)

    async def _start(self, watch: MailWatch, letter: Letter, number: str) -> None:
        plan = await self._workflows.plan(watch.digest)
        start = Start(
            trigger=watch.node,
            payload=_payload(letter, watch.spec),
            key=f"mail:{watch.workflow_id}:{watch.node}:{watch.connection}:{watch.folder}:{number}",
            user=letter.sender,
        )
        await self._executions.start_plan(plan, start)


class _Visit:
    """One connection to a mailbox, and the one thread that may use it."""

    def __init__(self, place: Place, watches: Watches, connections: Connections) -> None:
        self.place = place
        self.ignored: set[str] = set()
        self._watches = watches
        self._connections = connections
        self._is_over = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flowforge-mail")
        self.box: Mailbox

    async def __aenter__(self) -> Self:
        try:
            self.box = Mailbox(self._connections.mailbox(self.place[0]), self.place[1])
            await self.call(self.box.open)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over.set()
        try:
            await asyncio.shield(self.call(self.box.close))
        finally:
            self._thread.shutdown(wait=False)

    async def call(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Do something in the mailbox's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: work(*arguments, **named))

    def follow(self, watches: Watches) -> None:
        """Look again at mails that were not waited for, once somebody else waits."""
        if watches != self._watches:
            self._watches = watches
            self.ignored.clear()

    async def wait(self, seconds: float, clock: Clock) -> None:
        """Return when there may be new mail."""
        if self.box.can_idle():
            await self.call(self.box.wait, min(seconds, 10 * _LOOK_SECONDS), self._is_over.is_set)
        else:
            await clock.sleep(seconds)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("a mailbox was not left well", exc_info=error)


def _most(watches: Watches) -> int:
    return max((int(watch.spec["max_attachment_bytes"]) for watch in watches), default=0)


def _facts(letter: Letter) -> MailFacts:
    has_files = bool(letter.files or letter.left_out)
    return MailFacts(letter.sender, (*letter.to, *letter.cc), letter.subject, has_files)


def _payload(letter: Letter, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mail as the trigger takes it."""
    most = int(spec["max_attachment_bytes"])
    small = [file for file in letter.files if len(file.content) <= most]
    large = [file.name for file in letter.files if len(file.content) > most]
    fields = {name: getattr(letter, name) for name in letter.__struct_fields__}
    for name in ("files", "size", "left_out"):
        del fields[name]
    return {
        **{
            name: list(value) if isinstance(value, tuple) else value
            for name, value in fields.items()
        },
        "attachments": [
            {"name": file.name, "type": file.type, "content": file.content} for file in small
        ],
        "left_out": [*large, *letter.left_out],
    }
