"""One bot at the local Telegram: its methods, its updates, how often it may send."""

from collections import deque
from collections.abc import Callable, Mapping
from threading import Condition
from typing import Any

from flowforge_lab.clock import Clock

from .chats import Account, Chat, Files, marked_of
from .checks import Refused
from .table import MAX_CAPTION, MAX_TEXT

Params = Mapping[str, Any]
_UNMODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
_FIRST_SECOND, _UPDATES_A_SECOND = 1_767_225_600, 5  # of 2026; a number has 32 bits
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
_SLACK = 0.9  # what a second is on the way


class Pace:
    """Counts what is sent, and refuses what comes too often."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[str, deque[float]] = {}
        self.limits = {"bot": (30, 1.0), "chat": (1, 1.0), "group": (20, 60.0)}

    def count(self, chat: Chat) -> None:
        """Note that one more is sent to a chat.

        Raises:
            Refused: 429 with `retry_after`; then it is not counted.
        """
        keys = ["bot", f"chat:{chat.id}", *([f"group:{chat.id}"] if chat.id < 0 else [])]
        now = self._clock.monotonic()
        for key in keys:
            many, seconds = self.limits[key.partition(":")[0]]
            sent = self._sent.setdefault(key, deque(maxlen=max(many, 1)))
            if len(sent) >= many and now - sent[0] < seconds * _SLACK:
                wait = max(int(seconds - (now - sent[0])) + 1, 1)
                raise too_many(wait)
        for key in keys:
            self._sent[key].append(now)


def too_many(seconds: int) -> Refused:
    """Return the refusal of who sends too often."""
    text = f"Too Many Requests: retry after {seconds}"
    return Refused(text, code=429, facts={"retry_after": seconds})


class LocalBot:
    """A bot that checks and carries out what it is told; the lock is the server's."""

    def __init__(
        self,
        account: Account,
        chats: dict[int, Chat],
        *,
        files: Files,
        clock: Clock,
        lock: Condition,
    ) -> None:
        self.account = account
        self.pace = Pace(clock)
        self.queries: dict[str, dict[str, Any] | None] = {}
        self.updates: deque[dict[str, Any]] = deque()
        self.is_closed = False
        self.conflicts = 0
        self.menu: dict[str, str] = {}
        self.webhook: dict[str, Any] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, list[Refused | None]] = {}
        self._allowed: list[str] = []
        self._chats = chats
        self._files = files
        self._clock = clock
        self._lock = lock
        # The clock gives the first number, so that those after a restart go on as Telegram's do.
        since = clock.now().timestamp() - _FIRST_SECOND
        self._last_update = int(since * _UPDATES_A_SECOND)
        self._polls = 0
        self._methods = self._all_methods()

    def _all_methods(self) -> dict[str, Callable[[Params], Any]]:
        return {
            "getMe": lambda _: self.account.user() | {"can_join_groups": True},
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": lambda params: self._set_webhook({**params, "url": ""}),
            "getWebhookInfo": lambda _: {
                "url": self.webhook.get("url", ""),
                "has_custom_certificate": False,
                "pending_update_count": len(self.updates),
            },
            "sendMessage": self._send_message,
            "sendPhoto": lambda params: self._send_file(params, "photo"),
            "sendVideo": lambda params: self._send_file(params, "video"),
            "sendDocument": lambda params: self._send_file(params, "document"),
            "sendChatAction": lambda params: bool(self._chat(params)),
            "editMessageText": lambda params: self._edit(params, self._text_of(params)),
            "editMessageCaption": lambda params: self._edit(params, self._caption_of(params)),
            "editMessageReplyMarkup": lambda params: self._edit(params, {}),
            "deleteMessage": lambda params: self._delete(params, [params["message_id"]]),
            "deleteMessages": lambda params: self._delete(params, params["message_ids"]),
            "answerCallbackQuery": self._answer_query,
            "getFile": self._get_file,
            "setMyCommands": self._set_commands,
            "getChat": lambda params: self._chat(params).chat(),
        }

    def call(self, method: str, params: Params) -> Any:
        """Carry out a call that is well formed.

        Raises:
            Refused: Telegram would say no.
        """
        self.calls.append((method, dict(params)))
        refusal = self.refusals[method].pop(0) if self.refusals.get(method) else None
        if refusal is not None:
            raise refusal
        return self._methods[method](params)

    # -- updates

    def tell(self, kind: str, content: dict[str, Any]) -> None:
        """Put an update behind the others."""
        if self._allowed and kind not in self._allowed:
            return
        self._last_update += 1
        self.updates.append({"update_id": self._last_update, kind: content})
        self._lock.notify_all()

    def _get_updates(self, params: Params) -> list[dict[str, Any]]:
        if self.webhook:
            text = (
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )
            raise Refused(text, code=409)
        self._polls += 1
        mine = self._polls
        self._lock.notify_all()
        self._allowed = list(params.get("allowed_updates", self._allowed))
        offset = params.get("offset", 0)
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        until = self._clock.monotonic() + params.get("timeout", 0)
        while (
            not (self.updates or self.is_closed) and (left := until - self._clock.monotonic()) > 0
        ):
            self._lock.wait(left)
            if self._polls != mine:
                self.conflicts += 1
                text = (
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running"
                )
                raise Refused(text, code=409)
        return list(self.updates)[: params.get("limit", 100)]

    def _set_webhook(self, params: Params) -> bool:
        self.webhook = dict(params) if params["url"] else {}
        self._allowed = list(params.get("allowed_updates", self._allowed))
        if params.get("drop_pending_updates"):
            self.updates.clear()
        self._lock.notify_all()
        return True

    # -- sending

    def _chat(self, params: Params) -> Chat:
        chat = self._chats.get(params["chat_id"])
        if chat is None:
            raise Refused("Bad Request: chat not found")
        return chat

    def _may_send(self, params: Params) -> Chat:
        chat = self._chat(params)
        if self.account.id in chat.blocked:
            who = "bot was blocked by the user" if chat.id > 0 else "bot was kicked from the group"
            raise Refused(
                f"Forbidden: {who} chat" if chat.id < 0 else f"Forbidden: {who}", code=403
            )
        if self.account.id not in chat.started:
            raise Refused("Forbidden: bot can't initiate conversation with a user", code=403)
        self.pace.count(chat)
        return chat

    def _text_of(self, params: Params) -> dict[str, Any]:
        content = marked_of(params, text="text", entities="entities")
        if "text" not in content:
            raise Refused("Bad Request: message text is empty")
        if len(content["text"]) > MAX_TEXT:
            raise Refused("Bad Request: message is too long")
        return content

    def _caption_of(self, params: Params) -> dict[str, Any]:
        content = marked_of(params, text="caption", entities="caption_entities")
        if len(content.get("caption", "")) > MAX_CAPTION:
            raise Refused("Bad Request: message caption is too long")
        return content

    def _send_message(self, params: Params) -> dict[str, Any]:
        return self._send(params, self._text_of(params))

    def _send_file(self, params: Params, kind: str) -> dict[str, Any]:
        file = self._files.take(params[kind], kind)
        content = {kind: [file] if kind == "photo" else file}
        return self._send(params, content | self._caption_of(params))

    def _send(self, params: Params, content: dict[str, Any]) -> dict[str, Any]:
        chat = self._may_send(params)
        reply = params.get("reply_parameters")
        if reply is not None:
            answered = chat.messages.get(reply["message_id"])
            if answered is not None:
                content["reply_to_message"] = {"message_id": answered["message_id"]}
            elif not reply.get("allow_sending_without_reply"):
                raise Refused("Bad Request: message to be replied not found")
        if "reply_markup" in params:
            content["reply_markup"] = params["reply_markup"]
        message = chat.add(self.account, self._clock, **content)
        self._lock.notify_all()
        return message

    def _edit(self, params: Params, content: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(params)
        message = chat.find(params["message_id"], "message to edit not found")
        if message["from"]["id"] != self.account.id:
            raise Refused("Bad Request: message can't be edited")
        if "text" in content and "text" not in message:
            raise Refused("Bad Request: there is no text in the message to edit")
        markup = params.get("reply_markup")
        changed = {"reply_markup": markup} if markup and markup["inline_keyboard"] else {}
        kept = {name: value for name, value in message.items() if name != "reply_markup"}
        if content:
            kept = {name: kept[name] for name in kept if not name.endswith("entities")}
        edited = kept | content | changed
        before = {name: value for name, value in message.items() if name != "edit_date"}
        if {name: value for name, value in edited.items() if name != "edit_date"} == before:
            msg = f"Bad Request: {_UNMODIFIED}"
            raise Refused(msg)
        edited["edit_date"] = int(self._clock.now().timestamp())
        chat.messages[params["message_id"]] = edited
        self._lock.notify_all()
        return edited

    def _delete(self, params: Params, ids: list[int]) -> bool:
        chat = self._chat(params)
        if len(ids) == 1:
            chat.find(ids[0], "message to delete not found")
        for id in ids:
            chat.messages.pop(id, None)
        self._lock.notify_all()
        return True

    def _answer_query(self, params: Params) -> bool:
        id = params["callback_query_id"]
        if id not in self.queries or self.queries[id] is not None:
            msg = f"Bad Request: {_TOO_OLD}"
            raise Refused(msg)
        self.queries[id] = dict(params)
        self._lock.notify_all()
        return True

    def _set_commands(self, params: Params) -> bool:
        self.menu = {one["command"]: one["description"] for one in params["commands"]}
        return True

    def _get_file(self, params: Params) -> dict[str, Any]:
        part = self._files.find(params["file_id"])
        return {
            "file_id": params["file_id"],
            "file_unique_id": f"u-{params['file_id']}",
            "file_size": len(part.content),
            "file_path": f"files/{params['file_id']}",
        }
