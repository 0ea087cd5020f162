"""Who looks at the dashboard, and what they may do on it: the same table as for requests decides."""

from collections.abc import Callable
from typing import Any, Protocol

from flowforge_lab.access import Actor, Role, Way
from flowforge_lab.errors import AccessError

Needed = Callable[[str, str], Role]
"""The role that a request takes, by its method and path."""


class Visitor(Protocol):
    """Who looks. `workflows` are those they may see; `None` where these are all."""

    @property
    def name(self) -> str:
        """How the log of changes calls them."""

    @property
    def role(self) -> str:
        """What they may do in the lab."""

    @property
    def address(self) -> str:
        """Where from they look."""

    @property
    def workflows(self) -> tuple[str, ...] | None:
        """Those they may see."""

    def may(self, needed: Role, workflow_id: str = "") -> bool:
        """Whether they have a role in the lab, or at least in a workflow."""

    def may_somewhere(self, needed: Role) -> bool:
        """Whether they have a role in the lab or in any workflow."""


Renew = Callable[[Any], Visitor | None]
"""Gives whoever a server let in with the roles they have now, or nobody."""


class Owner:
    """Who sits at the machine of the lab, as in a notebook: nothing is kept from them."""

    name = "local"
    role = "admin"
    address = ""
    workflows = None

    def may(self, needed: Role, workflow_id: str = "") -> bool:
        """Whether they have a role: any."""
        return bool(needed) or bool(workflow_id)

    def may_somewhere(self, needed: Role) -> bool:
        """Whether they have a role anywhere: any."""
        return bool(needed)


class Rights:
    """What one visitor may do now."""

    def __init__(
        self,
        visitor: Visitor,
        *,
        needed: Needed,
        renew: Renew = lambda visitor: visitor,
        is_local: bool = True,
    ) -> None:
        self._visitor = visitor
        self._needed = needed
        self._renew = renew
        self.is_local = is_local
        self.is_over = False
        """Whether the visitor was nobody any more when it was looked last."""

    @property
    def visitor(self) -> Visitor:
        """Who looks, as they were known last."""
        return self._visitor

    @property
    def actor(self) -> Actor:
        """Who acts, as the log of changes names them."""
        way: Way = "local" if self.is_local else "session"
        return Actor(self._visitor.name, way, self._visitor.address)

    def refresh(self) -> None:
        """Look who the visitor is now.

        Raises:
            AccessError: nobody any more: their session is over, or the account is gone.
        """
        found = self._renew(self._visitor)
        self.is_over = found is None
        if found is None:
            msg = "your session is over: sign in again"
            raise AccessError(msg)
        self._visitor = found

    def may(self, method: str, path: str, workflow_id: str = "") -> bool:
        """Whether they may do what this request would do, in a workflow or in the lab."""
        return self._visitor.may(self._needed(method, path), workflow_id)

    def may_somewhere(self, method: str, path: str) -> bool:
        """Whether they may do it in the lab or in any workflow of it."""
        return self._visitor.may_somewhere(self._needed(method, path))

    def refuse(self, method: str, path: str, workflow_id: str = "") -> None:
        """Do nothing where they may.

        Raises:
            AccessError: they may not; it names the role that it takes.
        """
        if not self.may(method, path, workflow_id):
            place = f" in {workflow_id!r}" if workflow_id else ""
            msg = f"this takes the role {self._needed(method, path)}{place}"
            raise AccessError(msg)
