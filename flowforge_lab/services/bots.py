"""Updates of bots: each goes to the question it answers, else to the workflow whose trigger it is."""

import asyncio
import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from flowforge_lab.clients import Connections
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Start
from flowforge_lab.errors import (
    ConflictError,
    FlowForgeError,
    NodeError,
    NotFoundError,
    PlanError,
)
from flowforge_lab.nodes import Place, session_of, wait_key
from flowforge_lab.store import ExecutionHead, StoreJournal
from flowforge_lab.triggers import (
    TYPES,
    Incoming,
    Question,
    Route,
    Router,
    question_from,
    questions_for,
    read_update,
)

from .executions import Executions
from .routing import Routing, read_posted
from .workflows import Workflows

logger = logging.getLogger(__name__)
_REMEMBERED_SECONDS = 172_800  # Telegram keeps an update for a day
_SETTLE_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_MAX_BUSY = 10_000

Became = Literal["started", "answered", "known", "refused", "nobody", "ignored"]


Waiting = Mapping[str, Sequence[Question]]
"""The questions that are open, by the key of their wait."""


class Delivered(msgspec.Struct, frozen=True):
    """What became of an update.

    `started` a workflow, `answered` a question, was `known` from before; its workflow has too many executions
    and `refused` it; `nobody` takes it; it is of a kind that is `ignored`.
    """

    became: Became
    execution_id: str = ""
    workflow_id: str = ""
    node: str = ""


class Bots:
    """The bots of one lab: who gets their updates, each once."""

    def __init__(  # all that an update may touch
        self,
        connections: Connections,
        routing: Routing,
        journal: StoreJournal,
        *,
        workflows: Workflows,
        executions: Executions,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self.routing = routing
        self._journal = journal
        self._workflows = workflows
        self._executions = executions
        self._clock = clock
        self._ids: dict[str, str] = {}
        self._slow: set[str] = set()
        self._busy: dict[tuple[str, int, int | None], str] = {}

    # -- updates

    async def deliver(
        self, bot: str, update: Mapping[str, Any], *, secret: str | None = None
    ) -> Delivered:
        """Give an update that Telegram has posted to whom it is for; stored once this returns.

        `secret` is what came in the header `X-Telegram-Bot-Api-Secret-Token`. The same update again does
        nothing.

        Raises:
            NotFoundError: no such bot.
            ConflictError: the secret is not the bot's, or the bot has none.
            PlanError: it is no update.
        """
        found = self._connections.bot(bot)
        given = (secret or "").encode()
        if not found.secret_token or not hmac.compare_digest(found.secret_token.encode(), given):
            msg = f"{bot}: this does not come from Telegram: the secret token is another one"
            raise ConflictError(msg)
        return await self.take(found.name, update)

    async def set_webhook(self, bot: str, url: str) -> None:
        """Let Telegram post the updates of a bot to an address; an empty one ends it.

        Raises:
            ConflictError: the connection has no secret token.
            NodeError: Telegram refuses it.
        """
        found = self._connections.bot(bot)
        if url and not found.secret_token:
            msg = f"{found.name}: set `secret_token` in its connection first, or anybody could post updates"
            raise ConflictError(msg)
        await self._connections.telegram.set_webhook(bot, url, allowed=TYPES)

    async def set_menu(self, bot: str = "") -> list[Route]:
        """Show the commands that have a description in the menu of a bot, and return them."""
        name = self._connections.bot(bot).name
        routes = (await self.routing.router(name)).routes
        shown = {one.command: one for one in reversed(routes) if one.command and one.description}
        menu = [{"command": one.command, "description": one.description} for one in shown.values()]
        await self._connections.telegram.call(name, "setMyCommands", {"commands": menu})
        return list(shown.values())

    async def take(self, bot: str, update: Mapping[str, Any]) -> Delivered:
        """Give an update to whom it is for, as `deliver` does, once it is known to be Telegram's."""
        incoming = read_posted(update)
        return await self._take(bot, incoming) if incoming else Delivered("ignored")

    async def _take(self, bot: str, incoming: Incoming, waits: Waiting | None = None) -> Delivered:
        """Give it to whom it is for; `waits` are those of its chat, where somebody has just looked."""
        if await self._settle(bot, incoming) or waits is None:
            waits = await self._look_up(bot, [incoming])
        delivered = await self._hand_over(bot, incoming, waits)
        if delivered.became == "nobody" and await self._settle_others(bot, incoming):
            waits = await self._look_up(bot, [incoming])
            delivered = await self._hand_over(bot, incoming, waits)
        if delivered.execution_id:
            self._note_busy(bot, incoming, delivered.execution_id)
        elif incoming.is_callback:
            await self._calm(bot, incoming)
        return delivered

    async def _hand_over(self, bot: str, incoming: Incoming, waits: Waiting) -> Delivered:
        router = await self.routing.router(bot)
        answered = await self._answer(bot, incoming, router=router, waits=waits)
        return answered or await self._start(bot, incoming, router)

    async def take_all(self, bot: str, updates: Sequence[Mapping[str, Any]]) -> list[Delivered]:
        """Give many updates to whom they are for: those of one chat in order, the chats beside one another.

        An update that nothing can be done with is logged and passed over; where the store is in trouble,
        that is raised, for the updates are to come again.
        """
        chats: dict[int, list[Incoming]] = {}
        ignored = 0
        for update in updates:
            incoming = _read_or_log(update)
            if incoming is None:
                ignored += 1
            else:
                chats.setdefault(incoming.chat_id, []).append(incoming)
        waits = await self._look_up(bot, [some[0] for some in chats.values()])
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._in_order(bot, some, waits)) for some in chats.values()
                ]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        done = [one for task in tasks for one in task.result()]
        return done + [Delivered("ignored")] * ignored

    async def _in_order(
        self, bot: str, updates: Sequence[Incoming], waits: Waiting
    ) -> list[Delivered]:
        done = []
        for number, incoming in enumerate(updates):
            try:
                done.append(await self._take(bot, incoming, None if number else waits))
            except (PlanError, NotFoundError, NodeError):
                logger.exception("could not use an update", extra={"bot": bot})
                done.append(Delivered("ignored"))
        return done

    async def _answer(
        self, bot: str, incoming: Incoming, *, router: Router, waits: Waiting
    ) -> Delivered | None:
        """Return which execution got the update as an answer, or `None` where nobody asked for it."""
        open_ones = [one for key in _keys(bot, incoming) for one in waits.get(key, ())]
        if not open_ones:
            return None
        is_command = router.takes_command(incoming)
        payload = json.dumps(incoming.payload(bot))
        for one in questions_for(incoming, open_ones):
            if is_command and not one.commands:
                continue
            mark = self._mark(bot, incoming)
            execution_id = await self._journal.answer(one.own, payload, mark=mark)
            if execution_id is not None:
                await self._go_on(execution_id)
                head = await self._journal.find_head(execution_id)
                workflow_id = head.workflow_id if head else ""
                return Delivered("answered", execution_id, workflow_id, one.node)
        return None

    async def _look_up(self, bot: str, updates: Sequence[Incoming]) -> Waiting:
        """Return the questions that are open in the chats of these updates, by key, the newest last."""
        keys = {key for incoming in updates for key in _keys(bot, incoming)}
        found: dict[str, list[Question]] = {}
        for wait in await self._journal.find_waits(keys=sorted(keys)) if keys else ():
            question = question_from(wait.terms)
            if question is not None:
                found.setdefault(wait.key, []).append(question)
        return found

    async def _start(self, bot: str, incoming: Incoming, router: Router) -> Delivered:
        found = router.find(incoming)
        if found is None:
            return Delivered("nobody")
        route = found.route
        name, _, until = self._mark(bot, incoming)
        start = Start(
            trigger=route.node,
            payload={**incoming.payload(bot), "groups": dict(found.groups)},
            key=name,
            key_until=until,
            user=_user(incoming),
            session=session_of(bot),
            chat=str(incoming.chat_id),
        )
        plan = await self._workflows.plan(route.digest)
        started = await self._executions.start_plan(plan, start)
        became: Became = "started"
        if started.status in {"known", "dropped", "refused"}:
            became = "known" if started.status == "known" else "refused"
        return Delivered(became, started.execution_id, route.workflow_id, route.node)

    def _mark(self, bot: str, incoming: Incoming) -> tuple[str, int, int]:
        if bot not in self._ids:
            self._ids[bot] = self._connections.bot(bot).id
        now = self._clock.stamp()
        until = now + _REMEMBERED_SECONDS * 1_000_000
        return f"telegram:{self._ids[bot]}:{incoming.update_id}", now, until

    async def _go_on(self, execution_id: str) -> None:
        try:
            await self._executions.resume(execution_id)
        except FlowForgeError:  # the answer is kept: whoever resumes it next goes on with it
            facts = {"execution_id": execution_id}
            logger.exception("could not go on with an execution", extra=facts)

    async def _settle(self, bot: str, incoming: Incoming) -> bool:
        """Wait a moment for what the person's last update has set going: it may be about to ask something.

        Return whether there was anything to wait for.
        """
        key = (bot, incoming.chat_id, incoming.user_id)
        execution_id = self._busy.get(key)
        if execution_id is None:
            return False
        if not await self._rests(execution_id):
            self._busy.pop(key, None)  # it takes its time: nobody waits for it again
        return True

    async def _settle_others(self, bot: str, incoming: Incoming) -> bool:
        """Wait likewise for what another process, or one that is gone, has set going in this chat."""
        head = await self._journal.find_moving(
            chat=str(incoming.chat_id),
            session=session_of(bot),
            user=_user(incoming),
            now_us=self._clock.stamp(),
        )
        if head is None or head.id in self._slow:
            return False
        if not await self._rests(head.id):
            if len(self._slow) >= _MAX_BUSY:
                self._slow.clear()
            self._slow.add(head.id)
        return True

    async def _rests(self, execution_id: str) -> bool:
        """Return once an execution does nothing more, or false after some seconds."""
        ends_at = self._clock.monotonic() + _SETTLE_SECONDS
        while self._is_moving(await self._journal.find_head(execution_id)):
            if self._clock.monotonic() >= ends_at:
                return False
            await self._clock.sleep(_LOOK_SECONDS)
        return True

    def _is_moving(self, head: ExecutionHead | None) -> bool:
        """Return whether an execution runs, or is about to."""
        if head is None or head.is_finished or head.status == "paused":
            return False
        is_woken = head.wake_at is not None and head.wake_at <= self._clock.stamp()
        return head.status != "waiting" or is_woken

    def _note_busy(self, bot: str, incoming: Incoming, execution_id: str) -> None:
        if len(self._busy) >= _MAX_BUSY:
            self._busy.pop(next(iter(self._busy)))
        key = (bot, incoming.chat_id, incoming.user_id)
        self._busy.pop(key, None)
        self._busy[key] = execution_id

    async def _calm(self, bot: str, incoming: Incoming) -> None:
        """Answer a press that nobody takes, so that the button stops waiting."""
        try:
            query = {"callback_query_id": incoming.query_id}
            await self._connections.telegram.call(bot, "answerCallbackQuery", query)
        except NodeError as error:
            logger.warning("a press could not be answered: %s", error, extra={"bot": bot})


def _read_or_log(update: Mapping[str, Any]) -> Incoming | None:
    try:
        return read_update(update)
    except ValueError:
        logger.exception("could not read an update")
        return None


def _user(incoming: Incoming) -> str:
    return "" if incoming.user_id is None else f"telegram:{incoming.user_id}"


def _keys(bot: str, incoming: Incoming) -> tuple[str, ...]:
    """Return the keys under which an update may be waited for: by anyone's, then by the sender's own."""
    place = Place(bot, incoming.chat_id)
    what: Literal["message", "callback"] = "callback" if incoming.is_callback else "message"
    users = (None,) if incoming.user_id is None else (None, incoming.user_id)
    return tuple(wait_key(place, user, what=what) for user in users)
