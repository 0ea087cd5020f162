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
    Problem,
)
from flowforge_lab.nodes import Place, session_of, wait_key
from flowforge_lab.store import Catalogue, StoreJournal
from flowforge_lab.triggers import (
    TYPES,
    Incoming,
    Judged,
    Question,
    Route,
    Router,
    question_from,
    questions_for,
    read_update,
    routes_of,
)

from .executions import Executions
from .workflows import Workflows

logger = logging.getLogger(__name__)
_FRESH_SECONDS = 0.5
_REMEMBERED_SECONDS = 172_800  # Telegram keeps an update for a day
_SETTLE_SECONDS = 2.0
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


class Tried(msgspec.Struct, frozen=True):
    """Who would get a text sent to a bot, and what each route says of it."""

    bot: str
    judged: tuple[Judged, ...]

    @property
    def winner(self) -> Route | None:
        """The route that gets it, if one takes it."""
        return next((one.route for one in self.judged if one.takes), None)


class Bots:
    """The bots of one lab: who gets their updates, each once."""

    def __init__(  # all that an update may touch
        self,
        connections: Connections,
        catalogue: Catalogue,
        journal: StoreJournal,
        *,
        workflows: Workflows,
        executions: Executions,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._catalogue = catalogue
        self._journal = journal
        self._workflows = workflows
        self._executions = executions
        self._clock = clock
        self._routers: dict[str, Router] = {}
        self._routes: tuple[Route, ...] = ()
        self._known: tuple[tuple[str, str], ...] | None = None
        self._looked_at = float("-inf")
        self._activity = 0
        self._ids: dict[str, str] = {}
        self._busy: dict[tuple[str, int, int | None], str] = {}

    # -- routes

    def names(self) -> tuple[str, ...]:
        """Return the names of the bots."""
        return self._connections.bots()

    async def routes(self) -> tuple[Route, ...]:
        """Return the routes of all active workflows, by bot, in the order in which they are asked."""
        await self._look()
        return self._routes

    async def router(self, bot: str) -> Router:
        """Return the router of a bot, as the active workflows are now."""
        await self._look()
        if bot not in self._routers:
            mine = [route for route in self._routes if route.bot == bot]
            username = await self._connections.telegram.username(bot) if mine else ""
            self._routers[bot] = Router(mine, username=username)
        return self._routers[bot]

    async def _look(self) -> None:
        """Take note of the workflows that are active now; at most twice a second for those of others."""
        now, activity = self._clock.monotonic(), self._workflows.activity
        if now - self._looked_at < _FRESH_SECONDS and activity == self._activity:
            return
        listed = await self._catalogue.list_workflows()
        active = tuple((one.id, one.active_digest) for one in listed if one.is_active)
        self._looked_at, self._activity = now, activity
        if active != self._known:
            self._routes = await self._read_routes(active)
            self._routers.clear()
            self._known = active

    async def _read_routes(self, active: Sequence[tuple[str, str]]) -> tuple[Route, ...]:
        bots = self.names()
        only = bots[0] if len(bots) == 1 else ""
        found: list[Route] = []
        for id, digest in active:
            try:
                found += routes_of(await self._workflows.plan(digest), bot=only)
            except FlowForgeError:
                logger.exception("could not read the routes of a workflow", extra={"workflow": id})
        return tuple(sorted(found, key=lambda route: (route.bot, route.place)))

    async def try_update(self, update: Mapping[str, Any], *, bot: str = "") -> Tried:
        """Return who would get an update; nothing is started.

        Raises:
            PlanError: it is no update.
            NodeError: no bot is named, and the lab has none or several.
        """
        name = self._connections.bot(bot).name
        incoming = _read(update)
        if incoming is None:
            return Tried(name, ())
        return Tried(name, tuple((await self.router(name)).explain(incoming)))

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
            msg = (
                f"{bot}: set `secret_token` in its connection first, or anybody could post updates"
            )
            raise ConflictError(msg)
        await self._connections.telegram.set_webhook(bot, url, allowed=TYPES)

    async def set_menu(self, bot: str = "") -> list[Route]:
        """Show the commands that have a description in the menu of a bot, and return them."""
        name = self._connections.bot(bot).name
        routes = (await self.router(name)).routes
        shown = {one.command: one for one in reversed(routes) if one.command and one.description}
        menu = [{"command": one.command, "description": one.description} for one in shown.values()]
        await self._connections.telegram.call(name, "setMyCommands", {"commands": menu})
        return list(shown.values())

    async def take(self, bot: str, update: Mapping[str, Any]) -> Delivered:
        """Give an update to whom it is for, as `deliver` does, once it is known to be Telegram's."""
        incoming = _read(update)
        return await self._take(bot, incoming) if incoming else Delivered("ignored")

    async def _take(self, bot: str, incoming: Incoming, waits: Waiting | None = None) -> Delivered:
        """Give it to whom it is for; `waits` are those of its chat, where somebody has just looked."""
        if await self._settle(bot, incoming) or waits is None:
            waits = await self._look_up(bot, [incoming])
        router = await self.router(bot)
        delivered = await self._answer(
            bot, incoming, router=router, waits=waits
        ) or await self._start(bot, incoming, router)
        if delivered.execution_id:
            self._note_busy(bot, incoming, delivered.execution_id)
        elif incoming.is_callback:
            await self._calm(bot, incoming)
        return delivered

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
            user="" if incoming.user_id is None else f"telegram:{incoming.user_id}",
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
        execution_id = self._busy.get((bot, incoming.chat_id, incoming.user_id))
        if execution_id is None:
            return False
        ends_at = self._clock.monotonic() + _SETTLE_SECONDS
        while self._clock.monotonic() < ends_at:
            head = await self._journal.find_head(execution_id)
            if head is None or head.status not in {"running", "queued"}:
                break
            await self._clock.sleep(_LOOK_SECONDS)
        return True

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


def _read(update: Mapping[str, Any]) -> Incoming | None:
    try:
        return read_update(update)
    except ValueError as error:
        raise PlanError([Problem("telegram.update", str(error))]) from error


def _read_or_log(update: Mapping[str, Any]) -> Incoming | None:
    try:
        return read_update(update)
    except ValueError:
        logger.exception("could not read an update")
        return None


def _keys(bot: str, incoming: Incoming) -> tuple[str, ...]:
    """Return the keys under which an update may be waited for: by anyone's, then by the sender's own."""
    place = Place(bot, incoming.chat_id)
    what: Literal["message", "callback"] = "callback" if incoming.is_callback else "message"
    users = (None,) if incoming.user_id is None else (None, incoming.user_id)
    return tuple(wait_key(place, user, what=what) for user in users)
