"""People who are told of every failed execution, without anything drawn."""

import logging
from typing import Protocol

import msgspec

from flowforge_lab.engine import Failure
from flowforge_lab.store import Finding

from .moments import moment

logger = logging.getLogger(__name__)


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
    """Implements `Notices` by one warning in the log, as long as nothing sends mail or messages."""

    def __init__(self, recipients: Recipients) -> None:
        self._recipients = recipients

    async def send(self, failure: Failure) -> None:
        """Log what there is to tell, if there is anybody to tell it to."""
        if not str(self._recipients):
            return
        error = failure.error
        facts = {"execution_id": failure.execution_id, "workflow_id": failure.workflow_id}
        logger.warning(
            "for %s: execution %s of %r (%s), started %s, failed%s with %s: %s",
            self._recipients,
            failure.execution_id,
            failure.name,
            failure.workflow_id,
            moment(failure.started_at).isoformat(timespec="seconds"),
            f" at {error.node!r}" if error.node else "",
            error.type,
            error.title,
            extra=facts,
        )

    def findings(self) -> list[Finding]:
        """Say that notices are only logged, if there are any to send."""
        if not str(self._recipients):
            return []
        text = (
            f"failures are to be told to {self._recipients}; kept as log: nothing sends them yet"
        )
        remedy = "read the log of the host; an error workflow can tell by other ways"
        return [Finding("notices", "warning", text, remedy)]
