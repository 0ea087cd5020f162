"""How a bot is set up: the connection as it is written, and the bot as it is used."""

from typing import Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from flowforge_lab.values import Rate, RateText, parse_rate

API_URL = "https://api.telegram.org"


class TelegramConnection(BaseModel):
    """A bot: its token, how updates come, and how often it may send.

    `secret_token` is what Telegram shows with every update that it posts to a webhook.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: Literal["telegram"]
    token: str = Field(min_length=1)
    base_url: str = Field(default="", pattern=r"^(https?://[^/]+.*)?$")
    updates: Literal["polling", "webhook", "none"] = "polling"
    secret_token: str = ""
    per_bot: RateText = "30/s"
    per_chat: RateText = "1/s"
    per_group: RateText = "20/m"


class Bot(msgspec.Struct, frozen=True):
    """A bot, ready to be used; shown without what is secret."""

    name: str
    token: str
    base_url: str
    updates: str = "polling"
    secret_token: str = ""
    per_bot: Rate = Rate(30, 1.0)
    per_chat: Rate = Rate(1, 1.0)
    per_group: Rate = Rate(20, 60.0)

    def __repr__(self) -> str:
        return f"Bot({self.name!r})"

    @property
    def id(self) -> str:
        """The bot's id at Telegram, which stands in front of its token."""
        return self.token.partition(":")[0]


def bot_of(
    name: str, connection: TelegramConnection, *, token: str, secret_token: str, base_url: str
) -> Bot:
    """Return the bot of a connection whose secrets are filled in."""
    return Bot(
        name,
        token,
        (connection.base_url or base_url or API_URL).rstrip("/"),
        connection.updates,
        secret_token,
        parse_rate(connection.per_bot),
        parse_rate(connection.per_chat),
        parse_rate(connection.per_group),
    )
