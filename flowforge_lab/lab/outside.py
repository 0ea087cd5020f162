"""What a lab lets others do who reach its server: webhooks, tokens, accounts; and what was changed."""

from typing import TYPE_CHECKING  # noqa: TID251  # see below

from flowforge_lab.access import Accounts, Change, Tokens

from .loop import LoopThread
from .parts import Parts
from .projects import LabProjects, LabSessions
from .webhooks import LabWebhooks

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd


class Outside:
    """The part of a lab that looks after those who call it from outside."""

    parts: Parts
    _loop: LoopThread

    @property
    def tokens(self) -> Tokens:
        """The tokens with which others may ask the lab's server: made, listed, revoked."""
        return self.parts.access.tokens

    @property
    def accounts(self) -> Accounts:
        """The people who may sign in to the lab's server: made, given roles, disabled, removed."""
        return self.parts.access.accounts

    def audit(
        self, *, who: str = "", action: str = "", target: str = "", limit: int = 1000
    ) -> "pd.DataFrame":
        """Return what was changed in the lab, by whom and how, the newest first, as a frame.

        `action` is one, or the first part of several: `workflow` for `workflow.activated` and others. The
        columns are number, at (UTC), who, way, address, action, target, before, after.
        """
        import pandas as pd

        lines = self.parts.access.audit.lines(who=who, action=action, target=target, limit=limit)
        columns = list(Change.__struct_fields__)[:-1]
        rows = [[getattr(line, name) for name in columns] for line in lines]
        frame = pd.DataFrame(rows, columns=columns)
        frame["at"] = pd.to_datetime(frame["at"], unit="us", utc=True)
        return frame

    @property
    def projects(self) -> LabProjects:
        """The projects of the lab: made, named, removed, and which workflow is in which."""
        return LabProjects(self.parts, self._loop)

    @property
    def sessions(self) -> LabSessions:
        """The sessions of projects, each of several executions: made, listed."""
        return LabSessions(self.parts, self._loop)

    @property
    def webhooks(self) -> LabWebhooks:
        """What active workflows serve to callers, and the requests that were kept."""
        return LabWebhooks(self._loop, self.parts.webhooks)
