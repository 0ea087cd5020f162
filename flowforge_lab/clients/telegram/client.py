"""The Bot API: calls that keep Telegram's pace and say what it says when it refuses."""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.clients.http import FilePart, HttpClient, HttpRequest, JsonBody, MultipartBody
from flowforge_lab.clock import Clock
from flowforge_lab.errors import NodeError

from .failures import refusal_of, without_token
from .settings import Bot
from .turns import Claim, Turns

ChatId = int | str
_ANY_STATUS = ("100-599",)
_PACED = ("send", "edit", "copy", "forward")
_UNPACED = frozenset({"sendChatAction"})
_MAX_PATIENCE = 60.0
_MAX_REPEATS = 5
_LONGEST_POLL = 50
_TOKEN = re.compile(r"/bot[0-9]+:[A-Za-z0-9_-]+")


def _hide_tokens(record: logging.LogRecord) -> bool:
    """Take the tokens of bots out of the addresses that httpx logs."""
    told = record.getMessage()
    if "/bot" in told:
        record.msg, record.args = _TOKEN.sub("/bot<token>", told), ()
    return True


class Upload(msgspec.Struct, frozen=True):
    """A file to be sent from here."""

    name: str
    content: bytes
    type: str = "application/octet-stream"


class TelegramClient:
    """The bots of a lab, by the names of their connections.

    What is sent waits for its turn. A refusal for sending too often is waited out: nothing was sent then.
    Nothing else is asked twice.
    """

    def __init__(self, http: HttpClient, find_bot: Callable[[str], Bot], clock: Clock) -> None:
        self._http = http
        self._find_bot = find_bot
        self._clock = clock
        self._turns = Turns(clock)
        self._names: dict[str, str] = {}
        logging.getLogger("httpx").addFilter(_hide_tokens)

    async def call(
        self,
        bot: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, Upload] | None = None,
        seconds: float = 60.0,
    ) -> Any:
        """Return the result of a method of the Bot API; parameters that are `None` are left out.

        Raises:
            NodeError: `telegram.*` for what Telegram refuses, `http.*` where it cannot be reached.
            NotFoundError: no connection of that name.
        """
        found = self._find_bot(bot)
        given = {name: value for name, value in (params or {}).items() if value is not None}
        for _ in range(_MAX_REPEATS):
            await self._turn(found, method, given)
            try:
                return await self._ask(found, method, given, files=files or {}, seconds=seconds)
            except NodeError as error:
                wait = error.retry_after
                if error.type != "telegram.too_many_requests" or wait is None:
                    raise
                self._turns.close(_narrowest(found, given), wait)
                if wait > _MAX_PATIENCE:
                    raise
        return await self._ask(found, method, given, files=files or {}, seconds=seconds)

    async def _turn(self, bot: Bot, method: str, params: Mapping[str, Any]) -> None:
        if not method.startswith(_PACED) or method in _UNPACED:
            return
        chat = params.get("chat_id")
        claims = [Claim(f"bot:{bot.id}", bot.per_bot)]
        if chat is not None:
            claims.insert(0, Claim(_narrowest(bot, params), bot.per_chat))
            if str(chat).startswith(("-", "@")):
                claims.insert(1, Claim(f"group:{bot.id}:{chat}", bot.per_group))
        await self._turns.wait(claims)

    async def _ask(
        self,
        bot: Bot,
        method: str,
        params: Mapping[str, Any],
        *,
        files: Mapping[str, Upload],
        seconds: float,
    ) -> Any:
        body = _multipart(params, files) if files else JsonBody(dict(params))
        request = HttpRequest(
            url=f"{bot.base_url}/bot{bot.token}/{method}",
            method="POST",
            body=body,
            timeout=seconds,
            accept=_ANY_STATUS,
            allow_private=True,
            max_redirects=0,
        )
        try:
            response = await self._http.send(request)
            answer = response.json()
        except NodeError as error:
            raise without_token(error, bot.token) from None
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            raise refusal_of(method, response.status, answer if isinstance(answer, dict) else {})
        return answer.get("result")

    async def username(self, bot: str) -> str:
        """Return the bot's name at Telegram, without `@`; it is asked once."""
        if bot not in self._names:
            me = await self.call(bot, "getMe", seconds=15.0)
            self._names[bot] = str(me.get("username", ""))
        return self._names[bot]

    async def updates(
        self, bot: str, *, offset: int | None, seconds: int, allowed: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Return updates from `offset` on, and tell Telegram that those before it are done with.

        Where there are none it waits up to `seconds` for one.
        """
        params = {
            "offset": offset,
            "timeout": min(seconds, _LONGEST_POLL),
            "limit": 100,
            "allowed_updates": list(allowed),
        }
        found = await self.call(bot, "getUpdates", params, seconds=seconds + 15.0)
        return [update for update in found if isinstance(update, dict)]

    async def set_webhook(self, bot: str, url: str, *, allowed: Sequence[str]) -> None:
        """Let Telegram post updates to an address, with the bot's secret token; an empty one ends it."""
        secret = self._find_bot(bot).secret_token
        params = {"url": url, "secret_token": secret or None, "allowed_updates": list(allowed)}
        await self.call(bot, "setWebhook" if url else "deleteWebhook", params if url else {})

    async def download(self, bot: str, file_id: str) -> tuple[str, bytes]:
        """Return the path that Telegram gives a file, and its content; at most 20 MB.

        Raises:
            NodeError: there is no such file, or it is too large.
        """
        found = self._find_bot(bot)
        file = await self.call(bot, "getFile", {"file_id": file_id})
        path = str(file["file_path"])
        url = f"{found.base_url}/file/bot{found.token}/{path}"
        try:
            response = await self._http.send(HttpRequest(url=url, allow_private=True))
        except NodeError as error:
            raise without_token(error, found.token) from None
        return path, response.content


def _narrowest(bot: Bot, params: Mapping[str, Any]) -> str:
    chat = params.get("chat_id")
    return f"bot:{bot.id}" if chat is None else f"chat:{bot.id}:{chat}"


def _multipart(params: Mapping[str, Any], files: Mapping[str, Upload]) -> MultipartBody:
    fields = {name: _text(value) for name, value in params.items()}
    parts = tuple(FilePart(name, one.name, one.content, one.type) for name, one in files.items())
    return MultipartBody(fields, parts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
