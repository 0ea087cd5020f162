"""What there is at the local Telegram: people, chats, messages, files, updates that wait."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flowforge_lab.clients import Marked, MarkupError, parse_html, parse_markdown, units
from flowforge_lab.clock import Clock

from .checks import Part, Refused
from .table import MAX_FILE_BYTES, MAX_PHOTO_BYTES

_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF", b"BM")
"""What the images begin with that Telegram takes: JPEG, PNG, GIF, WebP, BMP."""


class Account(msgspec.Struct):
    """A person or a bot."""

    id: int
    first_name: str
    username: str = ""
    is_bot: bool = False
    phone: str = ""
    language: str = "en"
    token: str = ""

    def user(self) -> dict[str, Any]:
        """Return it as a `User` object."""
        facts = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        told = {"username": self.username, "language_code": "" if self.is_bot else self.language}
        return facts | {name: text for name, text in told.items() if text}


class Chat(msgspec.Struct):
    """A chat with its messages by number; `blocked` names the bots that a person does not want."""

    id: int
    type: str
    title: str = ""
    member: Account | None = None
    messages: dict[int, dict[str, Any]] = msgspec.field(default_factory=dict)
    started: set[int] = msgspec.field(default_factory=set)
    blocked: set[int] = msgspec.field(default_factory=set)
    last: int = 0

    def chat(self) -> dict[str, Any]:
        """Return it as a `Chat` object."""
        facts: dict[str, Any] = {"id": self.id, "type": self.type}
        if self.title:
            facts["title"] = self.title
        if self.member is not None:
            facts["first_name"] = self.member.first_name
            if self.member.username:
                facts["username"] = self.member.username
        return facts

    def add(self, sender: Account, clock: Clock, **content: Any) -> dict[str, Any]:
        """Keep a message and return it."""
        self.last += 1
        message = {
            "message_id": self.last,
            "from": sender.user(),
            "chat": self.chat(),
            "date": int(clock.now().timestamp()),
            **content,
        }
        self.messages[self.last] = message
        return message

    def find(self, message_id: int, refusal: str) -> dict[str, Any]:
        """Return a message.

        Raises:
            Refused: there is none of that number; with `refusal`.
        """
        found = self.messages.get(message_id)
        if found is None:
            msg = f"Bad Request: {refusal}"
            raise Refused(msg)
        return found


class Files:
    """Files by their id; the same id is good for ever, a path for downloads comes from `getFile`."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Part]] = {}

    def take(self, given: Any, kind: str) -> dict[str, Any]:
        """Return the file object for an upload, a URL or the id of a file that is there.

        Raises:
            Refused: it is none of these, or it is too large.
        """
        if isinstance(given, Part):
            if given.content and kind == "photo" and not given.content.startswith(_IMAGES):
                raise Refused("Bad Request: IMAGE_PROCESS_FAILED")
            return self._keep(given, kind)
        if given.startswith(("http://", "https://")):
            name = given.rpartition("/")[2].partition("?")[0] or "file"
            return self._keep(Part(name, given.encode()), kind)
        if given not in self._kept:
            raise Refused("Bad Request: wrong file identifier/HTTP URL specified")
        of, _ = self._kept[given]
        if of != kind:
            msg = f"Bad Request: can't use file of type {of.title()} as {kind.title()}"
            raise Refused(msg)
        return self._object(given)

    def _keep(self, part: Part, kind: str) -> dict[str, Any]:
        limit = MAX_PHOTO_BYTES if kind == "photo" else MAX_FILE_BYTES
        if len(part.content) > limit:
            raise Refused("Request Entity Too Large", code=413)
        if not part.content:
            raise Refused("Bad Request: file must be non-empty")
        id = f"{kind}-{len(self._kept) + 1}"
        self._kept[id] = (kind, part)
        return self._object(id)

    def _object(self, id: str) -> dict[str, Any]:
        kind, part = self._kept[id]
        facts = {"file_id": id, "file_unique_id": f"u-{id}", "file_size": len(part.content)}
        if kind == "photo":
            return facts | {"width": 90, "height": 90}
        if kind == "video":
            facts |= {"width": 90, "height": 90, "duration": 1}
        return facts | {"file_name": part.name}

    def find(self, id: str) -> Part:
        """Return a file by its id.

        Raises:
            Refused: there is none.
        """
        if id not in self._kept:
            raise Refused("Bad Request: invalid file_id")
        return self._kept[id][1]


_PARSERS: dict[str, Callable[[str], Marked]] = {
    "HTML": parse_html,
    "MarkdownV2": parse_markdown,
    "": Marked,
}


def marked_of(params: Mapping[str, Any], *, text: str, entities: str) -> dict[str, Any]:
    """Return a text of a call as it stands in a message, with its entities.

    Raises:
        Refused: its markup is not well formed, or an entity lies outside of it.
    """
    source = params.get(text, "")
    mode = params.get("parse_mode", "")
    if entities in params:
        marked, found = Marked(source), list(params[entities])
        if any(one["offset"] + one["length"] > units(source) for one in found):
            raise Refused("Bad Request: ENTITY_BOUNDS_INVALID")
    else:
        marked = _parsed(source, mode)
        found = marked.entities()
    field = "entities" if text == "text" else "caption_entities"
    told = marked.text.strip()
    return ({text: told} if told else {}) | ({field: found} if found else {})


def _parsed(source: str, mode: str) -> Marked:
    if mode not in _PARSERS:
        msg = f"Bad Request: this server does not read {mode}"
        raise Refused(msg)
    try:
        return _PARSERS[mode](source)
    except MarkupError as error:
        msg = f"Bad Request: can't parse entities: {error}"
        raise Refused(msg) from error
