"""Somebody who talks to a bot, as a test tells them to."""

from collections.abc import Iterator, Mapping
from itertools import count
from threading import Condition
from typing import Any

from flowforge_lab.clock import Clock

from .bots import LocalBot
from .chats import Account, Chat

_QUERIES = count(1)
_PATIENCE = 10.0


class Person:
    """A person in a chat, by default the private one with the bot."""

    def __init__(
        self,
        account: Account,
        bots: Mapping[str, LocalBot],
        *,
        chat: Chat,
        clock: Clock,
        lock: Condition,
    ) -> None:
        self.account = account
        self.chat = chat
        self._bots = bots
        self._clock = clock
        self._lock = lock
        self._seen: dict[int, dict[str, Any]] = {}

    @property
    def id(self) -> int:
        """The number of the person."""
        return self.account.id

    def within(self, chat: Chat) -> "Person":
        """Return the same person in another chat."""
        return Person(self.account, self._bots, chat=chat, clock=self._clock, lock=self._lock)

    # -- doing

    def starts(self) -> None:
        """Open the chat with every bot, without writing anything."""
        with self._lock:
            self.chat.started |= {bot.account.id for bot in self._bots.values()}

    def blocks(self) -> None:
        """Want nothing more from any bot."""
        with self._lock:
            self.chat.blocked |= {bot.account.id for bot in self._bots.values()}

    def writes(self, text: str, *, reply_to: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a text, and return the message."""
        content: dict[str, Any] = {"text": text}
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return self.sends(reply_to=reply_to, **content)

    def sends(
        self, *, reply_to: Mapping[str, Any] | None = None, **content: Any
    ) -> dict[str, Any]:
        """Send anything, by the fields of a `Message`."""
        with self._lock:
            self.chat.started |= {bot.account.id for bot in self._bots.values()}
            if reply_to is not None:
                content["reply_to_message"] = dict(reply_to)
            message = self.chat.add(self.account, self._clock, **content)
            for bot in self._bots.values():
                bot.tell("message", message)
        return message

    def shares_contact(self, *, of: "Person | None" = None) -> dict[str, Any]:
        """Send a contact: the own one, or that of somebody else."""
        who = (of or self).account
        facts = {"phone_number": who.phone, "first_name": who.first_name, "user_id": who.id}
        return self.sends(contact=facts)

    def sends_photo(self, caption: str = "") -> dict[str, Any]:
        """Send a photo."""
        size = {"file_id": "p1", "file_unique_id": "u1", "width": 90, "height": 90}
        content: dict[str, Any] = {"photo": [size]}
        if caption:
            content["caption"] = caption
        return self.sends(**content)

    def presses(self, label: str, *, on: Mapping[str, Any] | None = None) -> str:
        """Press a button of the newest message that has it, and return the id of the query.

        Raises:
            AssertionError: no message has such a button.
        """
        with self._lock:
            message = dict(on) if on is not None else self._with_button(label)
            data = buttons_of(message)[label].get("callback_data")
            id = str(next(_QUERIES))
            query = {
                "id": id,
                "from": self.account.user(),
                "message": message,
                "chat_instance": str(self.chat.id),
                "data": data,
            }
            for bot in self._bots.values():
                if bot.account.id == message["from"]["id"]:
                    bot.queries[id] = None
                    bot.tell("callback_query", query)
        return id

    def _with_button(self, label: str) -> dict[str, Any]:
        for message in reversed(self.chat.messages.values()):
            if label in buttons_of(message):
                return message
        msg = f"no message has a button {label!r}"
        raise AssertionError(msg)

    # -- seeing

    def sees(self, text: str = "", *, patience: float = _PATIENCE) -> dict[str, Any]:
        """Return the next message of a bot that is new or changed, or the next one with `text` in it.

        What comes before that is passed over.

        Raises:
            AssertionError: none came in time; the text tells what is there.
        """
        until = self._clock.monotonic() + patience
        with self._lock:
            while True:
                for message in self._unseen():
                    if text in told(message):
                        return message
                left = until - self._clock.monotonic()
                if left <= 0:
                    there = [told(message) for message in self.chat.messages.values()]
                    msg = f"waited {patience:g} s for {text!r}; the chat has: {there}"
                    raise AssertionError(msg)
                self._lock.wait(left)

    def news(self) -> list[dict[str, Any]]:
        """Return the messages of bots that are new or changed."""
        with self._lock:
            return list(self._unseen())

    def _unseen(self) -> Iterator[dict[str, Any]]:
        for number, message in self.chat.messages.items():
            if message["from"]["is_bot"] and self._seen.get(number) != message:
                self._seen[number] = message
                yield message

    def answer_to(self, query: str, *, patience: float = _PATIENCE) -> dict[str, Any]:
        """Return what the bot answered to a press.

        Raises:
            AssertionError: it did not in time.
        """
        until = self._clock.monotonic() + patience
        with self._lock:
            while True:
                for bot in self._bots.values():
                    if (found := bot.queries.get(query)) is not None:
                        return found
                left = until - self._clock.monotonic()
                if left <= 0:
                    msg = f"the press {query} was not answered"
                    raise AssertionError(msg)
                self._lock.wait(left)


def told(message: Mapping[str, Any]) -> str:
    """Return the text of a message, or its caption."""
    return str(message.get("text") or message.get("caption") or "")


def buttons_of(message: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the buttons under a message by what stands on them."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button for row in rows for button in row}
