"""The routes of bots: the triggers of all active workflows, as they are now."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.clients import Connections
from flowforge_lab.clock import Clock
from flowforge_lab.errors import FlowForgeError, PlanError, Problem
from flowforge_lab.store import Catalogue
from flowforge_lab.triggers import Incoming, Judged, Route, Router, read_update, routes_of

from .workflows import Workflows

logger = logging.getLogger(__name__)
_FRESH_SECONDS = 0.5


class Tried(msgspec.Struct, frozen=True):
    """Who would get a text sent to a bot, and what each route says of it."""

    bot: str
    judged: tuple[Judged, ...]

    @property
    def winner(self) -> Route | None:
        """The route that gets it, if one takes it."""
        return next((one.route for one in self.judged if one.takes), None)


class Routing:
    """Knows the routers of a lab's bots. What another process activates is seen within half a second."""

    def __init__(
        self,
        connections: Connections,
        catalogue: Catalogue,
        *,
        workflows: Workflows,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._catalogue = catalogue
        self._workflows = workflows
        self._clock = clock
        self._routers: dict[str, Router] = {}
        self._routes: tuple[Route, ...] = ()
        self._known: tuple[tuple[str, str], ...] | None = None
        self._looked_at = float("-inf")
        self._activity = 0

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
        incoming = read_posted(update)
        if incoming is None:
            return Tried(name, ())
        mine = [route for route in await self.routes() if route.bot == name]
        is_named = bool(incoming.addressed_to)  # only then what the bot is called matters
        username = await self._connections.telegram.username(name) if is_named else ""
        return Tried(name, tuple(Router(mine, username=username).explain(incoming)))


def text_update(text: str, chat_type: str) -> dict[str, Any]:
    """Return the update that a text in a chat would be."""
    return {"update_id": 1, "message": {**_message(chat_type), "text": text}}


def data_update(data: str, chat_type: str) -> dict[str, Any]:
    """Return the update that the press of a button in a chat would be."""
    sender = {"id": 1, "is_bot": False, "first_name": ""}
    query = {"id": "1", "from": sender, "message": _message(chat_type), "data": data}
    return {"update_id": 1, "callback_query": query}


def _message(chat_type: str) -> dict[str, Any]:
    return {"message_id": 1, "chat": {"id": 1, "type": chat_type}}


def read_posted(update: Mapping[str, Any]) -> Incoming | None:
    """Return an update as it is routed; `None` for one of a kind that nobody can ask for.

    Raises:
        PlanError: it is no update.
    """
    try:
        return read_update(update)
    except ValueError as error:
        raise PlanError([Problem("telegram.update", str(error))]) from error
