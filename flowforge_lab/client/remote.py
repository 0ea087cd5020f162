"""A lab that a server elsewhere holds, with the calls of a lab."""

import os
from types import TracebackType
from typing import TYPE_CHECKING, Self  # noqa: TID251  # see below

from .hindsight import Hindsight
from .importing import Importing
from .looking import Looking
from .notebooks import RemoteNotebooks
from .outside import RemoteAlerts, RemoteBots, RemoteDeadLetters, RemoteWaits, RemoteWebhooks
from .people import RemoteAccounts, RemoteTokens, RemoteUsers, audit_frame
from .projects import RemoteProjects, RemoteSessions
from .queue import RemoteQueue
from .running import Running
from .upkeep import Upkeep, VariableCalls
from .wire import Wire
from .workflows import Workflows

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

TOKEN_VARIABLE = "FLOWFORGE_TOKEN"  # noqa: S105  # the name of a variable


class RemoteLab(Looking, Running, Workflows, VariableCalls, Importing, Upkeep, Hindsight):
    """A lab over HTTP: its calls have the names, answers and errors of `Lab`. Close it, or use `with`.

    A workflow is named by its id, an execution by its whole id. Values of steps and variables come as JSON
    says them: times and decimals as text, frames as rows; the history keeps its types. What only a process
    beside the lab can do raises `RemoteError`, which says what to use instead.
    """

    def __init__(self, url: str, token: str = "", *, timeout: float = 30.0) -> None:
        self._wire = Wire(url, token, timeout=timeout)
        self.url = self._wire.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation; may be called twice."""
        self._wire.close()

    @property
    def waits(self) -> RemoteWaits:
        """What executions wait for, and the answers to it."""
        return RemoteWaits(self._wire)

    @property
    def queue(self) -> RemoteQueue:
        """What is due there: looked at, held, worked on."""
        return RemoteQueue(self._wire, self.outcome_of)

    @property
    def dead_letters(self) -> RemoteDeadLetters:
        """The failed executions nobody has seen to: `remote.dead_letters()` is a frame of them."""
        return RemoteDeadLetters(self._wire)

    @property
    def webhooks(self) -> RemoteWebhooks:
        """What active workflows serve to callers, and the requests that were kept."""
        return RemoteWebhooks(self._wire)

    @property
    def bots(self) -> RemoteBots:
        """The bots of the lab: their routes, their webhooks, what is posted to them."""
        return RemoteBots(self._wire)

    @property
    def alerts(self) -> RemoteAlerts:
        """The alert rules: `remote.alerts()` is a frame of what people were told of."""
        return RemoteAlerts(self._wire)

    @property
    def notebooks(self) -> RemoteNotebooks:
        """The notebooks of the lab: scheduled, run, gone on with after a failure."""
        return RemoteNotebooks(self._wire, self.wait)

    @property
    def users(self) -> RemoteUsers:
        """The people the lab knows: `remote.users()` is a frame of them."""
        return RemoteUsers(self._wire)

    @property
    def tokens(self) -> RemoteTokens:
        """The tokens with which others may ask the server: made, listed, revoked."""
        return RemoteTokens(self._wire)

    @property
    def accounts(self) -> RemoteAccounts:
        """The people who may sign in to the server: made, given roles, disabled, removed."""
        return RemoteAccounts(self._wire)

    @property
    def projects(self) -> RemoteProjects:
        """The projects of the lab: made, named, removed, and which workflow is in which."""
        return RemoteProjects(self._wire)

    @property
    def sessions(self) -> RemoteSessions:
        """The sessions of projects, each of several executions: made, listed."""
        return RemoteSessions(self._wire)

    def audit(
        self, *, who: str = "", action: str = "", target: str = "", limit: int = 1000
    ) -> "pd.DataFrame":
        """Return what was changed in the lab, by whom and how, the newest first, as a frame."""
        return audit_frame(self._wire, who=who, action=action, target=target, limit=limit)


def connect(url: str, token: str = "", *, timeout: float = 30.0) -> RemoteLab:
    """Return the lab that the server at `url` holds; the token is else that in `FLOWFORGE_TOKEN`.

    Nothing is asked yet: an address that does not answer shows at the first call.
    """
    return RemoteLab(url, token or os.environ.get(TOKEN_VARIABLE, ""), timeout=timeout)
