"""Variables that outlive an execution: of the lab, of workflows and of users."""

import json
from collections.abc import Sequence
from typing import Any, get_args

from markupsafe import Markup

from flowforge_lab.services import variables_of
from flowforge_lab.store import Variable
from flowforge_lab.ui.dashboard.markup import (
    area,
    button,
    choice,
    dialog,
    empty,
    field,
    join,
    opener,
    select,
    when,
)
from flowforge_lab.ui.dashboard.page import Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table
from flowforge_lab.values import decode
from flowforge_lab.variables import Scope

_SCOPES = ("project", "workflow", "user")
_PATH = "/api/variables/project/any"


class Variables(Page):
    """Each variable with its scope, whose it is, its value, and how long it lasts."""

    name = "variables"
    title = "Variables"
    group = "Set up"
    reads = "/api/variables"
    looks_every = 5

    async def load(self) -> Markup:
        """Return the variables, and the form for a new one."""
        desk = self.desk
        scope = desk.address.get("scope")
        found = [
            one
            for one in await desk.parts.store.variables.every()
            if one.scope in _SCOPES and one.value is not None and scope in {"", one.scope}
        ]
        may = desk.rights.may("PUT", _PATH)
        told = head(
            self.title,
            f"{len(found)}",
            actions=opener("new", "New variable") + _form() if may else "",
        )
        tools = Markup('<form class="ff-tools" data-asks data-key="filters">{}</form>').format(
            select(
                "scope",
                "Scope",
                [("", "All scopes"), *((one, one.capitalize()) for one in _SCOPES)],
                chosen=scope,
            )
        )
        if not found:
            return (
                told
                + tools
                + empty(
                    "No variable yet",
                    "Workflows keep what outlives an execution here: counters, cursors, settings. Add one, or let a node set it.",
                    command="flowforge variables set NAME VALUE",
                    image="variables",
                )
            )
        columns = (*_COLUMNS, *((Column("", _acts, look="is-acts"),) if may else ()))
        return told + tools + table(columns, Rows(found, _key), label=self.title)

    async def do_save(self, told: Told, _picked: Sequence[str]) -> str:
        """Keep a value; JSON where it is JSON, else as text."""
        self.desk.rights.refuse("PUT", _PATH)
        scope, name = self._place(told)
        await self._kept(scope, told["owner"].strip()).change(
            scope,
            name,
            _read(told["value"]),
            audit=self.desk.parts.access.audit,
            ttl=_seconds(told["ttl"]),
        )
        return f"Kept {name}"

    async def do_remove(self, told: Told, _picked: Sequence[str]) -> str:
        """Remove a variable."""
        self.desk.rights.refuse("DELETE", _PATH)
        scope, name = self._place(told)
        await self._kept(scope, told["owner"]).change(
            scope, name, None, audit=self.desk.parts.access.audit
        )
        return f"Removed {name}"

    def _place(self, told: Told) -> tuple[Scope, str]:
        scope, name = told["scope"], told["name"].strip()
        if scope not in _SCOPES or scope not in get_args(Scope):
            msg = f"expected one of the scopes {', '.join(_SCOPES)}, found {scope!r}"
            raise ValueError(msg)
        return scope, name  # type: ignore[return-value]  # it was just looked up

    def _kept(self, scope: str, owner: str) -> Any:
        parts = self.desk.parts
        return variables_of(parts.store.variables, parts.clock, scope=scope, owner=owner)


def _key(one: Variable) -> str:
    return f"{one.scope}/{one.owner}/{one.name}"


def _shown(one: Variable) -> str:
    return json.dumps(decode(one.value), ensure_ascii=False, default=str)


def _value(one: Variable) -> Markup:
    text = _shown(one)
    return Markup('<code class="ff-cut" title="{}">{}</code>').format(text[:2000], text[:200])


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _seconds(text: str) -> float | None:
    return float(text) if text.strip() else None


def _fields(one: Variable | None = None) -> list[Markup]:
    if one is None:
        whose = [
            choice(
                "scope", "Scope", [(name, name.capitalize()) for name in _SCOPES], chosen="project"
            ),
            field("owner", "Whose (the id of the workflow, or the name of the user)"),
            field("name", "Name", required="required", maxlength="128"),
        ]
    else:
        whose = [
            Markup('<input type="hidden" name="{}" value="{}">').format(name, text)
            for name, text in (("scope", one.scope), ("owner", one.owner), ("name", one.name))
        ]
    text = (
        ""
        if one is None
        else json.dumps(decode(one.value), ensure_ascii=False, indent=2, default=str)
    )
    return [
        *whose,
        area("value", "Value, as JSON or text", text),
        field("ttl", "Seconds it lasts (empty: for good)", kind="number", min="1"),
    ]


def _form() -> Markup:
    return dialog("new", "New variable", "save", fields=_fields(), confirm="Keep it")


def _acts(one: Variable) -> Markup:
    key = f"edit-{_key(one)}"
    edit = dialog(key, one.name, "save", fields=_fields(one), confirm="Keep it")
    ask = f"Remove the variable {one.name!r}?"
    gone = button(
        "Remove",
        "remove",
        kind="is-small is-quiet",
        scope=one.scope,
        owner=one.owner,
        name=one.name,
        ask=ask,
    )
    return join((opener(key, "Edit", picture="edit", kind="is-small"), gone, edit))


_COLUMNS = (
    Column("Name", lambda one: Markup("<strong>{}</strong>").format(one.name)),
    Column("Scope", lambda one: one.scope),
    Column("Whose", lambda one: one.owner),
    Column("Value", _value),
    Column("Lasts until", lambda one: when(one.expires_at, none="for good"), look="is-tight"),
)
