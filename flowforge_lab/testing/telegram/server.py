"""A Telegram of our own on this machine, strict where the real one is, with people who talk to its bots."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from flowforge_lab.clock import SystemClock

from .bots import LocalBot, too_many
from .chats import Account, Chat, Files
from .checks import Refused, check_call, read_form
from .listening import Listener
from .people import Person

_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_POST_PAUSE = 0.2
_FIRST_GROUP = -1000


class TelegramServer:
    """The Bot API on 127.0.0.1, in threads of its own; use it with `with`, from anywhere.

    What is not as the Bot API describes it is refused: unknown fields, wrong types, wrong bounds, markup
    that is not well formed, chats that never wrote to the bot, too many messages at once. It listens at a
    free port, unless one is given.
    """

    def __init__(self, *, port: int = 0) -> None:
        self._clock = SystemClock()
        self._lock = threading.Condition()
        self._bots: dict[str, LocalBot] = {}
        self._chats: dict[int, Chat] = {}
        self._files = Files()
        self._closed = threading.Event()
        self._server = Listener(self, port)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._server.serve_forever, 0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        with self._lock:
            for bot in self._bots.values():
                bot.is_closed = True
            self._lock.notify_all()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(5.0)

    def _start(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    @property
    def url(self) -> str:
        """Where the Bot API is; what stands in `base_url` of a connection."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add_bot(self, token: str = "", *, username: str = "local_bot") -> LocalBot:
        """Make a bot with a token `<number>:<secret>`, by default `1000:local`, and return it."""
        token = token or "1000:local"
        account = Account(
            int(token.partition(":")[0]), username, username, is_bot=True, token=token
        )
        bot = LocalBot(account, self._chats, files=self._files, clock=self._clock, lock=self._lock)
        self._bots[token] = bot
        self._start(self._post_updates, bot)
        return bot

    def person(self, first_name: str = "Anna", **facts: Any) -> Person:
        """Return somebody new; `facts` are further fields of `Account`, such as `phone`."""
        people = sum(chat.id > 0 for chat in self._chats.values())
        account = Account(facts.pop("id", 501 + people), first_name, **facts)
        chat = Chat(account.id, "private", member=account)
        self._chats[account.id] = chat
        return Person(account, self._bots, chat=chat, clock=self._clock, lock=self._lock)

    def group(self, *people: Person, title: str = "Friends") -> list[Person]:
        """Put people and all bots into a new group, and return the people as they are there."""
        number = _FIRST_GROUP - sum(chat.id < 0 for chat in self._chats.values())
        chat = Chat(number, "group", title)
        chat.started = {bot.account.id for bot in self._bots.values()}
        self._chats[number] = chat
        return [one.within(chat) for one in people]

    def refuse(
        self, method: str, *, code: int = 429, text: str = "", retry_after: int = 1, after: int = 0
    ) -> None:
        """Let all bots refuse one call of a method: the next, or the one `after` so many others."""
        refused = too_many(retry_after) if code == 429 else Refused(text or "Refused", code=code)  # noqa: PLR2004  # as Telegram says it
        with self._lock:
            for bot in self._bots.values():
                bot.refusals.setdefault(method, []).extend([None] * after + [refused])

    def without_limits(self) -> None:
        """Let every bot send as often as it likes."""
        for bot in self._bots.values():
            bot.pace.limits = dict.fromkeys(bot.pace.limits, (1_000_000, 1.0))

    # -- what comes over HTTP

    def answer(self, path: str, params: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the status and the answer to a call."""
        token, _, method = path.removeprefix("/bot").partition("/")
        bot = self._bots.get(token)
        if bot is None:
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        given = read_form(method, params)
        try:
            check_call(method, given)
            with self._lock:
                return 200, {"ok": True, "result": bot.call(method, given)}
        except Refused as refused:
            told = {"ok": False, "error_code": refused.code, "description": refused.description}
            return refused.code, told | ({"parameters": refused.facts} if refused.facts else {})

    def file(self, path: str) -> bytes | None:
        """Return the content of a file at its path, if there is one."""
        token, _, place = path.removeprefix("/file/bot").partition("/")
        try:
            found = self._files.find(place.removeprefix("files/"))
        except Refused:
            return None
        return found.content if token in self._bots else None

    def _post_updates(self, bot: LocalBot) -> None:
        """Post what there is to the bot's webhook, one after another, until it is taken."""
        while not self._closed.is_set():
            with self._lock:
                hook = dict(bot.webhook)
                update = bot.updates[0] if hook and bot.updates else None
                if update is None:
                    self._lock.wait(1.0)
                    continue
            if not _posted(hook, update):
                self._closed.wait(_POST_PAUSE)
                continue
            with self._lock:
                if bot.updates and bot.updates[0] is update:
                    bot.updates.popleft()


def _posted(hook: Mapping[str, Any], update: Mapping[str, Any]) -> bool:
    headers = {"Content-Type": "application/json"}
    if hook.get("secret_token"):
        headers[_HEADER] = hook["secret_token"]
    body = json.dumps(update).encode()
    request = urllib.request.Request(hook["url"], body, headers)  # noqa: S310  # what the test gave
    try:
        with urllib.request.urlopen(request, timeout=10.0) as answer:  # noqa: S310  # the same
            return bool(answer.status < 300)  # noqa: PLR2004  # as everybody knows it
    except (urllib.error.URLError, OSError):
        return False
