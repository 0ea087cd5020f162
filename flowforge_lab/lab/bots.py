"""The bots of a lab, as a notebook or a script sees them."""

from collections.abc import Mapping, Sequence
from typing import Any

from flowforge_lab.services import Bots, Delivered, Tried, data_update, text_update
from flowforge_lab.triggers import Route

from .loop import LoopThread


class LabBots:
    """`lab.bots`: who gets their updates; every call may be made from any thread."""

    def __init__(self, loop: LoopThread, bots: Bots) -> None:
        self._loop = loop
        self._bots = bots

    def names(self) -> Sequence[str]:
        """Return the names of the Telegram connections."""
        return self._bots.routing.names()

    def routes(self, bot: str = "") -> Sequence[Route]:
        """Return the triggers of active workflows for one bot or all, in the order they are asked."""
        found = self._loop.run_sync(self._bots.routing.routes())
        return [route for route in found if bot in {"", route.bot}]

    def try_text(self, text: str, *, bot: str = "", chat_type: str = "private") -> Tried:
        """Return who would get a text sent to a bot, and why; nothing is sent or started.

        Raises:
            NodeError: no bot is named, and the lab has none or several; or Telegram cannot be asked for
                the bot's name.
        """
        return self.try_update(text_update(text, chat_type), bot=bot)

    def try_data(self, data: str, *, bot: str = "", chat_type: str = "private") -> Tried:
        """Return who would get the press of a button that gives `data`, and why."""
        return self.try_update(data_update(data, chat_type), bot=bot)

    def try_update(self, update: Mapping[str, Any], *, bot: str = "") -> Tried:
        """Return who would get an update as the Bot API gives it, and why.

        Raises:
            PlanError: it is no update.
        """
        return self._loop.run_sync(self._bots.routing.try_update(update, bot=bot))

    def deliver(
        self, bot: str, update: Mapping[str, Any], *, secret: str | None = None
    ) -> Delivered:
        """Take an update that Telegram has posted, with what came as its secret token.

        Raises:
            ConflictError: the secret is not the bot's, or the bot has none.
            PlanError: it is no update.
        """
        return self._loop.run_sync(self._bots.deliver(bot, update, secret=secret))

    def set_webhook(self, bot: str, url: str) -> None:
        """Let Telegram post the updates of a bot to an address; an empty one ends it.

        Raises:
            ConflictError: the connection has no secret token: anybody could post there.
            NodeError: Telegram refuses it.
        """
        self._loop.run_sync(self._bots.set_webhook(bot, url))

    def set_menu(self, bot: str = "") -> Sequence[Route]:
        """Show the commands that have a description in the menu of a bot, and return them."""
        return self._loop.run_sync(self._bots.set_menu(bot))
