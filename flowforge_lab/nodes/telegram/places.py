"""Where a node talks: which bot, which chat, which message, with whom."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from pydantic import BeforeValidator, Field, WithJsonSchema

from flowforge_lab.clients import ChatId
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes.contract import Attempt
from flowforge_lab.nodes.fields import ConnectionName
from flowforge_lab.nodes.models import Model

SESSION = "telegram:"
"""What the session of an execution begins with that a bot started; the bot's name follows."""
_ANYONE = "*"


class Place(msgspec.Struct, frozen=True):
    """A chat with a bot."""

    bot: str
    chat: ChatId


class Ref(msgspec.Struct, frozen=True):
    """Messages that were sent: the parts of one text, or a single one."""

    place: Place
    message_ids: tuple[int, ...]

    @property
    def last(self) -> int:
        """The message that has the keyboard."""
        return self.message_ids[-1]


def _chat_id(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip("-").isdigit() and value.isascii():
        return int(value)
    return value


ChatField = Annotated[
    int | str | None,
    BeforeValidator(_chat_id),
    WithJsonSchema({"type": "string", "title": "Chat"}),
]
MessageRef = Annotated[Any, WithJsonSchema({"title": "Message", "format": "any"})]
"""A message that was sent: its number, or the outputs of the node that sent it."""


class ChatFields(Model):
    """Which bot, and which chat."""

    bot: ConnectionName = Field(
        default="",
        description="The Telegram connection; by default the bot that started the execution, else the"
        " lab's only one.",
        examples=["shop_bot"],
    )
    chat: ChatField = Field(
        default=None,
        description="The number of the chat, or `@name` of a channel; by default the chat that started"
        " the execution.",
        examples=["{{ trigger.chat_id }}"],
    )


def place_of(attempt: Attempt, fields: ChatFields) -> Place:
    """Return where a node talks.

    Raises:
        NodeError: it names no chat, and no chat started the execution (`telegram.no_chat`).
    """
    bot = _bot_of(attempt, fields.bot)
    chat = fields.chat if fields.chat not in (None, "") else _chat_id(attempt.chat)
    if chat in (None, ""):
        title = "no chat is named, and the execution was not started from one"
        detail = "set `chat`"
        raise NodeError(title, type="telegram.no_chat", detail=detail, is_transient=False)
    return Place(bot, chat)


def _bot_of(attempt: Attempt, name: str) -> str:
    if not name and attempt.session.startswith(SESSION):
        name = attempt.session.removeprefix(SESSION)
    return attempt.clients.connections.bot(name).name


def session_of(bot: str) -> str:
    """Return the session of executions that a bot starts."""
    return f"{SESSION}{bot}"


def user_of(attempt: Attempt) -> int | None:
    """Return the number of the Telegram user that the execution was started by."""
    number = attempt.user.removeprefix(SESSION)
    return int(number) if number.isdigit() and number != attempt.user else None


def wait_key(place: Place, user: int | None, *, what: str) -> str:
    """Return the key of waits for a user, or for anybody in a chat; `what` is `message` or `callback`."""
    who = _ANYONE if user is None else user
    return f"{SESSION}{place.bot}:{place.chat}:{who}:{what}"


def ref_of(attempt: Attempt, message: Any, fields: ChatFields) -> Ref:
    """Return the message that a value names: a number, or what a node that sent one gave.

    Raises:
        NodeError: it names none (`telegram.no_message`).
    """
    found = message if isinstance(message, Mapping) else {"message_id": message}
    ids = found.get("message_ids") or [found.get("message_id")]
    numbers = [int(id) for id in ids if _is_number(id)]
    if not numbers or len(numbers) != len(ids):
        title = "expected the number of a message, or the outputs of a node that sent one"
        detail = f"found {message!r:.80}"
        raise NodeError(title, type="telegram.no_message", detail=detail, is_transient=False)
    told = {
        name: found[key] for name, key in (("bot", "bot"), ("chat", "chat_id")) if key in found
    }
    given = {name: value for name, value in told.items() if not getattr(fields, name)}
    return Ref(place_of(attempt, fields.model_copy(update=given)), tuple(numbers))


def _is_number(id: Any) -> bool:
    return not isinstance(id, bool) and str(id).isascii() and str(id).isdigit()
