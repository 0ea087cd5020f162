"""The projects of a lab: which of its workflows belong together, so that a role holds in all of them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.spec import did_you_mean

from .audit import Audit
from .kept import Kept
from .roles import NOBODY, higher

FILE = "projects.json"
DEFAULT = "default"
"""The project of every workflow that was put into no other; only roles in the lab, or in single workflows,
reach it."""
IN_PROJECT = "/*"
"""What follows a project's id where a role is given in all its workflows: `shop/*`."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MAX_NAME = 200


class Project(msgspec.Struct, frozen=True):
    """Some workflows of the lab, by their ids; `created_at` is microseconds since 1970, UTC."""

    id: str
    name: str
    created_at: int
    workflows: tuple[str, ...] = ()


class Projects:
    """The projects of the lab whose `.flowforge` is `folder`; a workflow is in one of them.

    A workflow that was deleted keeps its place: its executions stay those of its project.
    """

    def __init__(self, folder: Path, clock: Clock, audit: Audit) -> None:
        self._kept = Kept(folder / FILE, Project, clock)
        self._clock = clock
        self._audit = audit

    def all(self) -> list[Project]:
        """Return the projects that were made, by id; `default` is not among them."""
        return [one for _, one in sorted(self._kept.read().items())]

    def get(self, id: str) -> Project:
        """Return a project that was made.

        Raises:
            NotFoundError: there is none with this id.
        """
        return _of(self._kept.read(), id)

    def refuse_unknown(self, id: str) -> None:
        """Do nothing where there is such a project, `default` included.

        Raises:
            NotFoundError: there is none.
        """
        if id != DEFAULT:
            self.get(id)

    def of(self, workflow: str) -> str:
        """Return the id of the project that a workflow is in."""
        found = (id for id, one in self._kept.read().items() if workflow in one.workflows)
        return next(found, DEFAULT)

    def taken(self) -> frozenset[str]:
        """Return the workflows that are in any project but `default`."""
        return frozenset(id for one in self._kept.read().values() for id in one.workflows)

    def reached(self, roles: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return roles in workflows and in projects, as `roles` by workflow and by `PROJECT/*` give them."""
        projects = dict(_in_projects(roles))
        workflows = {key: role for key, role in roles.items() if not key.endswith(IN_PROJECT)}
        known = self._kept.read()
        for id, role in projects.items():
            for workflow in known[id].workflows if id in known else ():
                workflows[workflow] = higher(role, workflows.get(workflow, NOBODY))
        return workflows, projects

    def create(self, id: str, name: str = "") -> Project:
        """Make a project and return it.

        Raises:
            ValueError: it cannot be called so.
            ConflictError: there is one with this id.
        """
        if not _ID.fullmatch(id):
            msg = f"the id of a project is 1 to 64 letters, digits, '.', '_' and '-', found {id!r:.100}"
            raise ValueError(msg)
        made = Project(id, _name(name or id), self._clock.stamp())
        with self._kept.change() as projects:
            if id in projects or id == DEFAULT:
                msg = f"there is a project {id!r} already"
                raise ConflictError(msg)
            projects[id] = made
        self._audit.write("project.created", id, after={"name": made.name})
        return made

    def rename(self, id: str, name: str) -> Project:
        """Give a project another name; its id stays.

        Raises:
            NotFoundError: there is none.
            ValueError: it cannot be called so.
        """
        with self._kept.change() as projects:
            before = _of(projects, id)
            after = projects[id] = msgspec.structs.replace(before, name=_name(name))
        self._audit.write(
            "project.renamed", id, before={"name": before.name}, after={"name": after.name}
        )
        return after

    def remove(self, id: str) -> Project:
        """Remove a project that has no workflow any more, and return what it was.

        Raises:
            NotFoundError: there is none.
            ConflictError: workflows are in it.
        """
        with self._kept.change() as projects:
            gone = _of(projects, id)
            if gone.workflows:
                some = ", ".join(gone.workflows[:5])
                msg = f"project {id!r} has workflows ({some}): put them into another one first"
                raise ConflictError(msg)
            del projects[id]
        self._audit.write("project.removed", id, before={"name": gone.name})
        return gone

    def put(self, workflow: str, project: str) -> None:
        """Let a workflow be in a project, and in no other; its executions go with it.

        Raises:
            NotFoundError: there is no such project.
        """
        with self._kept.change() as projects:
            if project != DEFAULT:
                _of(projects, project)
            before = next(
                (id for id, one in projects.items() if workflow in one.workflows), DEFAULT
            )
            for id, one in projects.items():
                members = set(one.workflows) - {workflow} | (
                    {workflow} if id == project else set()
                )
                projects[id] = msgspec.structs.replace(one, workflows=tuple(sorted(members)))
        if before != project:
            self._audit.write("workflow.moved", workflow, before=before, after=project)


def _in_projects(roles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, role in roles.items():
        if key.endswith(IN_PROJECT):
            yield key.removesuffix(IN_PROJECT), role


def _of(projects: Mapping[str, Project], id: str) -> Project:
    if id not in projects:
        near = did_you_mean(id, projects)
        msg = f"there is no project {id!r:.100}" + (f"; {near}" if near else "")
        raise NotFoundError(msg)
    return projects[id]


def _name(name: str) -> str:
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        msg = f"the name of a project is 1 to {_MAX_NAME} letters that can be printed, found {name!r:.100}"
        raise ValueError(msg)
    return name
