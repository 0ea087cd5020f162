"""The projects of a lab and their sessions, as a notebook or a script sees them."""

from collections.abc import Sequence

from flowforge_lab.access import DEFAULT, Project
from flowforge_lab.services import PAGE_SIZE, SessionBook, SessionView, WantedSessions

from .loop import LoopThread
from .parts import Parts


def session_book(parts: Parts) -> SessionBook:
    """Return the sessions of a lab."""
    store, access = parts.store, parts.access
    kept = (store.variables, store.history, access.projects)
    return SessionBook(*kept, clock=parts.clock, audit=access.audit)


class LabProjects:
    """`lab.projects`: which workflows belong together; every call may be made from any thread.

    A role can be given in all workflows of a project: `PROJECT/*` in the place of a workflow.
    """

    def __init__(self, parts: Parts, loop: LoopThread) -> None:
        self._parts = parts
        self._projects = parts.access.projects
        self._loop = loop

    def all(self) -> Sequence[Project]:
        """Return the projects that were made, by id; what is in none is in `default`."""
        return self._projects.all()

    def get(self, id: str) -> Project:
        """Return a project that was made.

        Raises:
            NotFoundError: there is none with this id.
        """
        return self._projects.get(id)

    def create(self, id: str, name: str = "") -> Project:
        """Make a project and return it.

        Raises:
            ValueError: it cannot be called so.
            ConflictError: there is one with this id.
        """
        return self._projects.create(id, name)

    def rename(self, id: str, name: str) -> Project:
        """Give a project another name; its id stays.

        Raises:
            NotFoundError: there is none.
        """
        return self._projects.rename(id, name)

    def remove(self, id: str) -> Project:
        """Remove a project without workflows, with its variables and sessions, and return what it was.

        Raises:
            NotFoundError: there is none.
            ConflictError: workflows are in it.
        """
        gone = self._projects.remove(id)
        self._loop.run_sync(session_book(self._parts).forget(id))
        return gone

    def of(self, workflow: str) -> str:
        """Return the id of the project that a workflow is in."""
        return self._projects.of(workflow)

    def put(self, workflow: str, project: str = DEFAULT) -> None:
        """Let a workflow be in a project, and in no other; its executions go with it.

        Raises:
            NotFoundError: there is no such workflow, or no such project.
        """
        self._projects.refuse_unknown(project)
        self._loop.run_sync(self._parts.documents.line(workflow))
        self._projects.put(workflow, project)


class LabSessions:
    """`lab.sessions`: conversations and the like, each of several executions; any thread may call."""

    def __init__(self, parts: Parts, loop: LoopThread) -> None:
        self._book = session_book(parts)
        self._loop = loop

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
        wanted = WantedSessions(project, user=user, chat=chat, page=page, size=size)
        return self._loop.run_sync(self._book.page(wanted)).items

    def create(
        self,
        project: str = DEFAULT,
        id: str = "",
        *,
        title: str = "",
        user: str = "",
        chat: str = "",
    ) -> SessionView:
        """Make a session and return it; an id is made where none is given.

        Executions belong to it that are started with `session=` its id.

        Raises:
            NotFoundError: there is no such project.
            ConflictError: there is a session with this id in it.
        """
        making = self._book.create(project, id, title=title, user=user, chat=chat)
        return self._loop.run_sync(making)

    def get(self, project: str, id: str) -> SessionView:
        """Return one session.

        Raises:
            NotFoundError: nobody made it and no execution names it, or there is no such project.
        """
        return self._loop.run_sync(self._book.get(project, id))

    def remove(self, project: str, id: str) -> None:
        """Forget that a session was made; its executions stay, and name it still.

        Raises:
            NotFoundError: nobody made it.
        """
        self._loop.run_sync(self._book.remove(project, id))
