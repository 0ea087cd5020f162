"""Sessions: what belongs together of several executions, such as one conversation, in one project."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from flowforge_lab.access import DEFAULT, Audit, Projects, acting
from flowforge_lab.clock import Clock
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.ids import new_id
from flowforge_lab.store import History, Variable, VariableTable

from .listing import PAGE_SIZE
from .moments import moment

_SCOPE = "session"  # beside the scopes that people see
_MAX_TEXT = 255
_SESSIONS = """with kept as (
  select unnest(from_json($kept,
    '[{{"id":"VARCHAR","title":"VARCHAR","user":"VARCHAR","chat":"VARCHAR","at":"BIGINT"}}]'),
    recursive := true)),
seen as (
  select session as id, count(*) as executions, min(started_at) as first_at, max(started_at) as last_at,
    max("user") as "user", max(chat) as chat
  from executions where session <> '' and {member} group by session),
found as (
  select coalesce(k.id, s.id) as id, coalesce(k.title, '') as title,
    coalesce(nullif(k."user", ''), s."user", '') as "user",
    coalesce(nullif(k.chat, ''), s.chat, '') as chat, make_timestamptz(k.at) as created_at,
    coalesce(s.executions, 0) as executions, s.first_at, s.last_at
  from kept k full join seen s using (id))
select *, count(*) over () as total from found
  where ($id = '' or id = $id) and ($user = '' or "user" = $user) and ($chat = '' or chat = $chat)
  order by coalesce(last_at, created_at) desc, id limit $size offset $start"""


class SessionView(msgspec.Struct, frozen=True):
    """One session. `created_at` is `None` where nobody made it and executions name it all the same."""

    id: str
    project: str
    title: str = ""
    user: str = ""
    chat: str = ""
    created_at: datetime | None = None
    executions: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


class SessionPage(msgspec.Struct, frozen=True):
    """Some sessions of `total`."""

    items: list[SessionView]
    total: int


class WantedSessions(msgspec.Struct, frozen=True):
    """Which sessions of a project are asked for; what is empty does not matter. `page` counts from 1."""

    project: str = DEFAULT
    id: str = ""
    user: str = ""
    chat: str = ""
    page: int = 1
    size: int = PAGE_SIZE


class SessionBook:
    """The sessions of one lab: those that were made, and those that executions name."""

    def __init__(
        self,
        table: VariableTable,
        history: History,
        projects: Projects,
        *,
        clock: Clock,
        audit: Audit,
    ) -> None:
        self._table = table
        self._history = history
        self._projects = projects
        self._clock = clock
        self._audit = audit

    async def create(
        self,
        project: str = DEFAULT,
        id: str = "",
        *,
        title: str = "",
        user: str = "",
        chat: str = "",
    ) -> SessionView:
        """Make a session and return it; an id is made where none is given.

        Raises:
            NotFoundError: there is no such project.
            ConflictError: there is a session with this id in it.
            ValueError: the id or a text is too long.
        """
        self._projects.refuse_unknown(project)
        id = id or new_id()
        _refuse_long(id=id, title=title, user=user, chat=chat)
        at = self._clock.stamp()
        facts = {"title": title, "user": user, "chat": chat, "at": at, "by": acting().name}
        made = Variable(_SCOPE, project, id, facts, None)
        if not await self._table.swap(made, expected=None):
            msg = f"there is a session {id!r} in project {project!r} already"
            raise ConflictError(msg)
        await self._audit.note("session.created", f"{project}/{id}")
        return SessionView(id, project, title, user, chat, moment(at))

    async def page(self, wanted: WantedSessions) -> SessionPage:
        """Return a page of the sessions of a project, the last used first, and how many fit in all.

        Raises:
            NotFoundError: there is no such project.
        """
        self._projects.refuse_unknown(wanted.project)
        kept = [
            {"id": one.name, **one.value} for one in await self._table.all(_SCOPE, wanted.project)
        ]
        member, members = await asyncio.to_thread(self._members, wanted.project)
        params = {
            "kept": json.dumps(kept),
            "members": list(members) or [""],
            "id": wanted.id,
            "user": wanted.user,
            "chat": wanted.chat,
            "size": wanted.size,
            "start": min((wanted.page - 1) * wanted.size, 2**31),
        }
        rows = await asyncio.to_thread(self._history.rows, _SESSIONS.format(member=member), params)
        if not rows and wanted.page > 1:
            first = await self.page(msgspec.structs.replace(wanted, page=1, size=1))
            return SessionPage([], first.total)
        return SessionPage(
            [_view(row, wanted.project) for row in rows], rows[0]["total"] if rows else 0
        )

    async def get(self, project: str, id: str) -> SessionView:
        """Return one session.

        Raises:
            NotFoundError: nobody made it and no execution names it, or there is no such project.
        """
        found = await self.page(WantedSessions(project, id=id or "\0", size=1))
        if not found.items:
            raise _unknown(project, id)
        return found.items[0]

    async def remove(self, project: str, id: str) -> None:
        """Forget that a session was made; its executions stay, and name it still.

        Raises:
            NotFoundError: nobody made it.
        """
        self._projects.refuse_unknown(project)
        if not await self._table.find(_SCOPE, project, id):
            raise _unknown(project, id)
        await self._table.remove(_SCOPE, project, id)
        await self._audit.note("session.removed", f"{project}/{id}")

    async def forget(self, project: str) -> None:
        """Forget all sessions and variables of a project that is gone."""
        for scope in (_SCOPE, "project"):
            for one in await self._table.all(scope, project):
                await self._table.remove(scope, project, one.name)

    def _members(self, project: str) -> tuple[str, Sequence[str]]:
        """Return a test of the workflow of an execution, and the workflows that it goes by."""
        if project == DEFAULT:
            return "not list_contains($members, workflow_id)", sorted(self._projects.taken())
        return "list_contains($members, workflow_id)", self._projects.get(project).workflows


def _view(row: dict[str, Any], project: str) -> SessionView:
    facts = {name: value for name, value in row.items() if name != "total"}
    return SessionView(project=project, **facts)


def _refuse_long(**texts: str) -> None:
    for name, text in texts.items():
        if len(text) > _MAX_TEXT or not (text.isprintable() or name == "title"):
            msg = f"{name}: expected at most {_MAX_TEXT} letters that can be printed"
            raise ValueError(msg)


def _unknown(project: str, id: str) -> NotFoundError:
    return NotFoundError(f"there is no session {id!r:.100} in project {project!r}")
