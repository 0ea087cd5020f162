"""All that decides who may enter one lab, as one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowforge_lab.clock import Clock

from .accounts import Accounts
from .audit import Audit
from .projects import Projects
from .sessions import Sessions
from .tokens import Tokens


class Gatehouse:
    """The tokens, accounts, sessions, projects and log of changes of the lab whose `.flowforge` is `folder`.

    `hidden` takes secrets out of what is logged.
    """

    def __init__(self, folder: Path, clock: Clock, hidden: Callable[[Any], Any]) -> None:
        self.audit = Audit(folder, clock, hidden)
        self.tokens = Tokens(folder, clock, self.audit)
        self.sessions = Sessions(folder, clock)
        self.projects = Projects(folder, clock, self.audit)
        self.accounts = Accounts(folder, clock, audit=self.audit, sessions=self.sessions)

    @property
    def is_empty(self) -> bool:
        """Whether nobody but who sits at this machine may enter."""
        return self.tokens.is_empty and self.accounts.is_empty
