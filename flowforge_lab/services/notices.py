"""People who are told of every failed execution, without anything drawn."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from flowforge_lab.clients import Clients, MailMessage
from flowforge_lab.clock import Clock
from flowforge_lab.engine import Failure
from flowforge_lab.errors import FlowForgeError, NodeError
from flowforge_lab.store import Finding, Variable, VariableTable

from .moments import microseconds, moment

logger = logging.getLogger(__name__)
_SCOPE = "notice"  # beside the scopes that people see
_KEPT = 7 * 86_400_000_000
_MAX_SECONDS = 15.0
_MAX_CHAT_CHARS = 4000


class Recipients(msgspec.Struct, frozen=True):
    """Who is told; empty where nobody is."""

    email: str = ""
    telegram_chat: str = ""

    def __str__(self) -> str:
        chat = f"Telegram chat {self.telegram_chat}" if self.telegram_chat else ""
        return " and ".join(one for one in (self.email, chat) if one)


class Notices(Protocol):
    """Tells people of a failure.

    After a crash the same failure may come again: one with an `execution_id` that was told of is not told of
    twice by a sender that can remember.
    """

    async def send(self, failure: Failure) -> None:
        """Tell of a failed execution; must not raise."""

    def findings(self) -> list[Finding]:
        """Return what is to say of it when somebody examines the lab."""


class LoggedNotices:
    """Implements `Notices` by one warning in the log, for a lab that has nothing to send by."""

    def __init__(self, recipients: Recipients) -> None:
        self._recipients = recipients

    async def send(self, failure: Failure) -> None:
        """Log what there is to tell, if there is anybody to tell it to."""
        if not str(self._recipients):
            return
        facts = {"execution_id": failure.execution_id, "workflow_id": failure.workflow_id}
        logger.warning("for %s: %s", self._recipients, _line(failure), extra=facts)

    def findings(self) -> list[Finding]:
        """Say that notices are only logged, if there are any to send."""
        if not str(self._recipients):
            return []
        text = (
            f"failures are to be told to {self._recipients}; kept as log: nothing sends them yet"
        )
        remedy = "set up a connection of the kind smtp or resend (or telegram) in flowforge.toml"
        return [Finding("notices", "warning", text, remedy)]


class SentNotices:
    """Implements `Notices` by a mail and a message in a chat, each once for an execution.

    What cannot be sent is logged, so that it is not lost. `mail` names the connection to send mails by;
    without it the only one there is, is taken.
    """

    def __init__(
        self,
        recipients: Recipients,
        clients: Clients,
        table: VariableTable,
        *,
        clock: Clock,
        mail: str = "",
    ) -> None:
        self._recipients = recipients
        self._clients = clients
        self._table = table
        self._clock = clock
        self._mail = mail
        self._logged = LoggedNotices(recipients)

    async def send(self, failure: Failure) -> None:
        """Tell of the failure by mail and chat, as far as somebody is named, within a quarter of a minute."""
        if not str(self._recipients):
            return
        ways: dict[str, Callable[[Failure], Awaitable[object]]] = {
            "email": self._by_mail,
            "telegram": self._by_chat,
        }
        is_told = True
        for name, tell in ways.items():
            is_told = await self._once(name, tell, failure) and is_told
        if not is_told:
            await self._logged.send(failure)

    def findings(self) -> list[Finding]:
        """Say what keeps notices from being sent."""
        found = []
        if self._recipients.email and not self._sends_mail():
            text = f"failures are to be told to {self._recipients.email}: no connection sends mail"
            remedy = (
                "set up one of the kind smtp or resend; name one of several in error_connection"
            )
            found.append(Finding("notices", "warning", text, remedy))
        if self._recipients.telegram_chat and not self._clients.connections.bots():
            chat = self._recipients.telegram_chat
            text = f"failures are to be told to chat {chat}: nothing sends there"
            remedy = "set up a connection of the kind telegram in flowforge.toml"
            found.append(Finding("notices", "warning", text, remedy))
        return found

    def _sends_mail(self) -> str:
        """Return the connection that mails go by; empty where there is none, or not exactly one."""
        senders = self._clients.connections.mail_senders()
        if self._mail:
            return self._mail if self._mail in senders else ""
        return senders[0] if len(senders) == 1 else ""

    async def _once(
        self, way: str, tell: Callable[[Failure], Awaitable[object]], failure: Failure
    ) -> bool:
        """Return whether people know by this way; what they were told before a crash they are not again."""
        name = f"{way}:{failure.execution_id}"
        try:
            async with asyncio.timeout(_MAX_SECONDS):
                if await self._table.find(_SCOPE, "", name) is None:
                    await tell(failure)
                    until = microseconds(self._clock.now()) + _KEPT
                    await self._table.set(Variable(_SCOPE, "", name, 1, until))
        except (FlowForgeError, TimeoutError) as error:
            facts = {"execution_id": failure.execution_id}
            logger.warning("a failure could not be told by %s: %s", way, error, extra=facts)
            return False
        return True

    async def _by_mail(self, failure: Failure) -> None:
        if not self._recipients.email:
            return
        name = self._sends_mail()
        if not name:
            msg = "no connection sends mail, or there are several and error_connection names none"
            raise NodeError(msg, type="connection.kind", is_transient=False)
        connections = self._clients.connections
        to = [one.strip() for one in self._recipients.email.split(",") if one.strip()]
        message = MailMessage(
            sender=connections.sender(name) or to[0],
            to=to,
            subject=f"Failed: {failure.name}"[:200].replace("\n", " ").replace("\r", " "),
            text=_letter(failure),
            headers={"Auto-Submitted": "auto-generated"},
            key=f"failure/{failure.execution_id}",
            at=self._clock.now(),
        )
        await connections.send_mail(name, message)

    async def _by_chat(self, failure: Failure) -> None:
        if self._recipients.telegram_chat:
            text = f"Failed: {failure.name}\n\n{_letter(failure)}"[:_MAX_CHAT_CHARS]
            await self._clients.send_to_chat("", self._recipients.telegram_chat, text)


def _line(failure: Failure) -> str:
    error = failure.error
    at = f" at {error.node!r}" if error.node else ""
    started = moment(failure.started_at).isoformat(timespec="seconds")
    return (
        f"execution {failure.execution_id} of {failure.name!r} ({failure.workflow_id}), "
        f"started {started}, failed{at} with {error.type}: {error.title}"
    )


def _letter(failure: Failure) -> str:
    error = failure.error
    facts = {
        "Workflow": f"{failure.name} ({failure.workflow_id})",
        "Node": error.node,
        "Error": f"{error.type}: {error.title}",
        "Detail": error.detail[:1000],
        "Started": moment(failure.started_at).isoformat(timespec="seconds"),
        "Execution": failure.execution_id,
        "Look": f"flowforge show {failure.execution_id}",
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)
