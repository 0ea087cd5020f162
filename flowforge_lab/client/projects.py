"""The projects of a lab elsewhere and their sessions."""

from collections.abc import Mapping, Sequence
from typing import Any

from flowforge_lab.access import DEFAULT, Project
from flowforge_lab.errors import NotFoundError
from flowforge_lab.services import PAGE_SIZE, SessionView

from .answers import stamp, value_of, values_of
from .wire import Wire, place

_PROJECTS = "/api/projects"


class RemoteProjects:
    """`remote.projects`, by the calls of `lab.projects`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def all(self) -> Sequence[Project]:
        """Return the projects that were made, by id; what is in none is in `default`."""
        found = self._wire.ask("GET", _PROJECTS)
        return [_project(one) for one in found if one["id"] != DEFAULT]

    def get(self, id: str) -> Project:
        """Return a project that was made.

        Raises:
            NotFoundError: there is none with this id.
        """
        if id == DEFAULT:
            msg = f"there is no project {id!r} that was made"
            raise NotFoundError(msg)
        return _project(self._wire.ask("GET", place("projects", id)))

    def create(self, id: str, name: str = "") -> Project:
        """Make a project and return it.

        Raises:
            ValueError: it cannot be called so.
            ConflictError: there is one with this id.
        """
        return _project(self._wire.ask("POST", _PROJECTS, json={"id": id, "name": name}))

    def rename(self, id: str, name: str) -> Project:
        """Give a project another name; its id stays."""
        return _project(self._wire.ask("PATCH", place("projects", id), json={"name": name}))

    def remove(self, id: str) -> Project:
        """Remove a project without workflows, with its variables and sessions, and return what it was."""
        gone = self.get(id)
        self._wire.ask("DELETE", place("projects", id))
        return gone

    def of(self, workflow: str) -> str:
        """Return the id of the project that a workflow is in."""
        return next((one.id for one in self.all() if workflow in one.workflows), DEFAULT)

    def put(self, workflow: str, project: str = DEFAULT) -> None:
        """Let a workflow be in a project, and in no other; its executions go with it."""
        self._wire.ask("PUT", place("projects", project, "workflows", workflow))


class RemoteSessions:
    """`remote.sessions`, by the calls of `lab.sessions`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self,
        project: str = DEFAULT,
        *,
        user: str = "",
        chat: str = "",
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> Sequence[SessionView]:
        """Return the sessions of a project, the last used first: those made, and those executions name."""
        asked = {"user": user, "chat": chat, "page": page, "size": size}
        path = place("projects", project, "sessions")
        found = self._wire.ask("GET", path, params=asked)["items"]
        return values_of(found, SessionView)

    def create(
        self,
        project: str = DEFAULT,
        id: str = "",
        *,
        title: str = "",
        user: str = "",
        chat: str = "",
    ) -> SessionView:
        """Make a session and return it; an id is made where none is given."""
        sent = {"id": id, "title": title, "user": user, "chat": chat}
        path = place("projects", project, "sessions")
        return value_of(self._wire.ask("POST", path, json=sent), SessionView)

    def get(self, project: str, id: str) -> SessionView:
        """Return one session.

        Raises:
            NotFoundError: nobody made it and no execution names it, or there is no such project.
        """
        path = place("projects", project, "sessions", id)
        return value_of(self._wire.ask("GET", path), SessionView)

    def remove(self, project: str, id: str) -> None:
        """Forget that a session was made; its executions stay, and name it still."""
        self._wire.ask("DELETE", place("projects", project, "sessions", id))


def _project(told: Mapping[str, Any]) -> Project:
    return Project(
        told["id"], told["name"], stamp(told["created_at"]) or 0, tuple(told["workflows"])
    )
