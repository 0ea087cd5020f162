"""Updates of the Bot API, read into what routes and nodes ask of them."""

from collections.abc import Mapping
from typing import Any

import msgspec

TYPES = ("message", "edited_message", "channel_post", "edited_channel_post", "callback_query")
"""The kinds of updates that are asked for; all others are passed over."""
_KINDS = (
    "text",
    "photo",
    "video",
    "animation",
    "document",
    "audio",
    "voice",
    "video_note",
    "sticker",
    "contact",
    "venue",
    "location",
    "poll",
    "new_chat_members",
    "left_chat_member",
)
_GROUPS = frozenset({"group", "supergroup", "channel"})


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One update. What is not in it is empty or `None`."""

    update_id: int
    is_callback: bool
    chat_id: int
    chat_type: str = "private"
    chat_title: str = ""
    user_id: int | None = None
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language: str = ""
    message_id: int | None = None
    date: int | None = None
    content_type: str = "other"
    text: str = ""
    command: str = ""
    addressed_to: str = ""
    arguments: str = ""
    reply_to: int | None = None
    file_id: str = ""
    file_name: str = ""
    contact: Mapping[str, Any] | None = None
    data: str = ""
    query_id: str = ""
    is_edited: bool = False
    message: Mapping[str, Any] = {}

    @property
    def is_group(self) -> bool:
        """Whether it comes from a group or channel."""
        return self.chat_type in _GROUPS

    def payload(self, bot: str) -> dict[str, Any]:
        """Return what a trigger or a question gets of it, as JSON values."""
        facts = {name: getattr(self, name) for name in _PAYLOAD}
        return {"bot": bot, **facts}


_PAYLOAD = tuple(
    name for name in Incoming.__struct_fields__ if name not in {"is_callback", "addressed_to"}
)


def read_update(update: Mapping[str, Any]) -> Incoming | None:
    """Return an update as it is routed, or `None` for one of a kind that nobody can ask for.

    Raises:
        ValueError: it is no update.
    """
    id = update.get("update_id")
    if not isinstance(id, int):
        msg = f"expected an update of the Bot API, found {str(update)!r:.80}"
        raise ValueError(msg)  # noqa: TRY004  # what came is no update: a wrong value
    kind = next((name for name in TYPES if isinstance(update.get(name), Mapping)), None)
    if kind is None:
        return None
    found = update[kind]
    try:
        if kind == "callback_query":
            return _pressed(id, found)
        return _sent(id, found, is_edited=kind.startswith("edited"))
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"update {id}: not a {kind} of the Bot API"
        raise ValueError(msg) from error


def _pressed(id: int, query: Mapping[str, Any]) -> Incoming | None:
    message = query.get("message")
    if message is None or "data" not in query:  # of inline mode, or of a game
        return None
    return Incoming(
        update_id=id,
        is_callback=True,
        data=query["data"],
        query_id=query["id"],
        content_type="callback",
        text=message.get("text", ""),
        **_who(query["from"]),
        **_where(message),
    )


def _sent(id: int, message: Mapping[str, Any], *, is_edited: bool) -> Incoming:
    kind = next((name for name in _KINDS if name in message), "other")
    text = message.get("text") or message.get("caption") or ""
    command, addressed_to, arguments = _command(text)
    file = _file(message.get(kind))
    return Incoming(
        update_id=id,
        is_callback=False,
        content_type=kind,
        text=text,
        command=command,
        addressed_to=addressed_to,
        arguments=arguments,
        reply_to=(message.get("reply_to_message") or {}).get("message_id"),
        file_id=str(file.get("file_id", "")),
        file_name=str(file.get("file_name", "")),
        contact=message.get("contact"),
        is_edited=is_edited,
        **_who(message.get("from") or {}),
        **_where(message),
    )


def _command(text: str) -> tuple[str, str, str]:
    if not text.startswith("/"):
        return "", "", ""
    first, *rest = text[1:].split(maxsplit=1) or [""]
    name, _, bot = first.partition("@")
    return name.lower(), bot.lower(), rest[0].strip() if rest else ""


def _file(content: Any) -> Mapping[str, Any]:
    found = content[-1] if isinstance(content, list) and content else content
    return found if isinstance(found, Mapping) else {}


def _who(user: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "user_id": user.get("id"),
        "first_name": user.get("first_name", ""),
        "last_name": user.get("last_name", ""),
        "username": user.get("username", ""),
        "language": user.get("language_code", ""),
    }


def _where(message: Mapping[str, Any]) -> dict[str, Any]:
    chat = message["chat"]
    return {
        "chat_id": chat["id"],
        "chat_type": chat["type"],
        "chat_title": chat.get("title", ""),
        "message_id": message["message_id"],
        "date": message.get("date"),
        "message": message,
    }
