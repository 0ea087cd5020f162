"""What a lab elsewhere has to do with others: bots, webhooks, alerts, failures, waits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

from flowforge_lab.analysis import Selection
from flowforge_lab.errors import AccessError, ConflictError
from flowforge_lab.lab import dead_letter_ids
from flowforge_lab.services import (
    AlertFiring,
    AlertRule,
    Answered,
    Begin,
    Delivered,
    Preview,
    Tried,
    WaitView,
    WebhookView,
    data_update,
    text_update,
)
from flowforge_lab.triggers import Route

from .answers import stamp, value_of, values_of
from .looking import frame_of
from .wire import Wire, place

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

_PAGE = 100
_AT_ONCE = 1000


class RemoteWaits:
    """`remote.waits`: what is waited for, and the answers to it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, execution_id: str = "") -> Sequence[WaitView]:
        """Return what is waited for in the whole lab, or by one execution."""
        rows = self._wire.ask("GET", "/api/waits", params={"execution_id": execution_id})
        return [WaitView(**{**row, "until": stamp(row["until"])}) for row in rows]

    def answer(self, key: str, answer: Any, *, goes_on: bool = True) -> Answered:
        """Answer the wait for a key or a token; its execution goes on there, whatever `goes_on` says."""
        del goes_on
        return value_of(
            self._wire.ask("POST", place("waits", key, "answer"), json=answer), Answered
        )


class RemoteDeadLetters:
    """`remote.dead_letters`: call it for the frame; give any rows of it back to `retry` or `dismiss`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __call__(
        self,
        *,
        status: str | None = "open",
        workflow: str | None = None,
        node: str | None = None,
        error: str | None = None,
        since: datetime | None = None,
    ) -> "pd.DataFrame":
        """Return one row per failed execution, the newest first.

        `error` is a type, and may be a glob such as `http.*`; `status` may be `None` for all.
        """
        told = {"status": status, "workflow_id": workflow, "node": node, "error": error}
        given = {name: value for name, value in told.items() if value is not None}
        return frame_of(self._wire, "dead_letters", Selection(given, since))

    def retry(
        self,
        letters: "str | Iterable[str] | pd.DataFrame",
        *,
        version: str = "same",
        begin: Begin = "start",
    ) -> "pd.DataFrame":
        """Start failed executions anew, and return for each as what, or why not (`problem`)."""
        import pandas as pd

        rows: list[Any] = []
        for ids in _some(dead_letter_ids(letters)):
            sent = {"execution_ids": ids, "version": version, "begin": begin}
            rows += self._wire.ask("POST", "/api/dead-letters/retry", json=sent)
        return pd.DataFrame(rows, columns=["execution_id", "retried_as", "problem"])

    def dismiss(
        self, letters: "str | Iterable[str] | pd.DataFrame", *, reason: str = "", by: str = ""
    ) -> list[str]:
        """Take letters off the list without a retry, and return the ids of those that were on it.

        It was done by whoever the token is of; `by` counts for nothing.
        """
        del by
        gone: list[str] = []
        for ids in _some(dead_letter_ids(letters)):
            sent = {"execution_ids": ids, "reason": reason}
            gone += self._wire.ask("POST", "/api/dead-letters/dismiss", json=sent)["dismissed"]
        return gone


def _some(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


class RemoteWebhooks:
    """`remote.webhooks`: what active workflows serve there, and requests that were kept, once more."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def all(self) -> Sequence[WebhookView]:
        """Return the webhooks of active workflows."""
        return values_of(self._wire.ask("GET", "/api/webhooks"), WebhookView)

    def replay(self, execution_id: str, *, is_newest: bool = False) -> str:
        """Start once more what a kept request had started, and return the id of the new execution."""
        path = place("executions", execution_id, "replay-request")
        return str(self._wire.ask("POST", path, json={"is_newest": is_newest})["execution_id"])


class RemoteAlerts:
    """`remote.alerts`: the rules there; `remote.alerts()` is a frame of what people were told of."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __call__(self) -> "pd.DataFrame":
        """Return what people were told of, the latest first: rule, severity, at, rows."""
        import pandas as pd

        rows = [(one.rule, one.severity, one.at, list(one.rows)) for one in self.fired()]
        return pd.DataFrame(rows, columns=["rule", "severity", "at", "rows"])

    def rules(self) -> list[AlertRule]:
        """Return the rules as they are written now."""
        told = self._wire.ask("GET", "/api/alerts/rules")
        return [AlertRule.model_validate(one) for one in told]

    def fired(self) -> list[AlertFiring]:
        """Return what people were told of in the last ninety days, the latest first."""
        found: list[AlertFiring] = []
        number, pages = 1, 1
        while number <= pages:
            params = {"page": number, "size": _PAGE}
            page = self._wire.ask("GET", "/api/alerts", params=params)
            found += values_of(page["items"], AlertFiring)
            number, pages = number + 1, page["pages"]
        return found

    def check(self, name: str = "") -> list[AlertFiring]:
        """Ask all active rules now, or one; return what fired, and tell people of what is not silent."""
        told = self._wire.ask("POST", "/api/alerts/check", json={"name": name})
        return values_of(told, AlertFiring)

    def preview(self, name: str, *, since: datetime) -> Preview:
        """Return when a rule would have told people, had it been there since then."""
        path = place("alerts", "rules", name, "preview")
        return value_of(
            self._wire.ask("GET", path, params={"since": since.isoformat()}, timeout=None), Preview
        )


class RemoteBots:
    """`remote.bots`: who gets the updates of the bots there."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def names(self) -> Sequence[str]:
        """Return the names of the Telegram connections."""
        return list(self._wire.ask("GET", "/api/bots"))

    def routes(self, bot: str = "") -> Sequence[Route]:
        """Return the triggers of active workflows for one bot or all, in the order they are asked."""
        return values_of(self._wire.ask("GET", "/api/bots/routes", params={"bot": bot}), Route)

    def try_text(self, text: str, *, bot: str = "", chat_type: str = "private") -> Tried:
        """Return who would get a text sent to a bot, and why; nothing is sent or started."""
        return self.try_update(text_update(text, chat_type), bot=bot)

    def try_data(self, data: str, *, bot: str = "", chat_type: str = "private") -> Tried:
        """Return who would get the press of a button that gives `data`, and why."""
        return self.try_update(data_update(data, chat_type), bot=bot)

    def try_update(self, update: Mapping[str, Any], *, bot: str = "") -> Tried:
        """Return who would get an update as the Bot API gives it, and why."""
        sent = {"update": dict(update), "bot": bot}
        return value_of(self._wire.ask("POST", "/api/bots/try", json=sent), Tried)

    def deliver(
        self, bot: str, update: Mapping[str, Any], *, secret: str | None = None
    ) -> Delivered:
        """Post an update as Telegram does, with its secret token.

        Raises:
            ConflictError: the secret is not the bot's, or the bot has none.
        """
        headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
        try:
            told = self._wire.ask(
                "POST", place("telegram", bot), json=dict(update), headers=headers
            )
        except AccessError as error:
            raise ConflictError(str(error)) from error
        return value_of(told, Delivered)

    def set_webhook(self, bot: str, url: str) -> None:
        """Let Telegram post the updates of a bot to an address; an empty one ends it."""
        self._wire.ask("PUT", place("bots", bot, "webhook"), json={"url": url})

    def set_menu(self, bot: str = "") -> Sequence[Route]:
        """Show the commands that have a description in the menu of a bot, and return them."""
        names = self.names()
        name = bot or (names[0] if len(names) == 1 else "")
        return values_of(self._wire.ask("PUT", place("bots", name, "menu")), Route)
