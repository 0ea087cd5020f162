"""Who may do what: accounts and tokens, and the roles they have."""

import asyncio
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from flowforge_lab.access import ROLES, Account, Token
from flowforge_lab.errors import ConflictError
from flowforge_lab.ui.dashboard.markup import (
    badge,
    button,
    choice,
    dialog,
    empty,
    field,
    join,
    opener,
    pill,
    section,
    when,
)
from flowforge_lab.ui.dashboard.page import Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table

_PATH = "/api/accounts"
_FIRST = "admin"


class Entrances(Page):
    """Accounts of people and tokens of programs; an admin gives and takes roles here."""

    name = "access"
    title = "Access"
    group = "Set up"
    reads = "/api/accounts"

    async def load(self) -> Markup:
        """Return both lists."""
        gate = self.desk.parts.access
        accounts, tokens = gate.accounts.all(), gate.tokens.all()
        form = _form(is_first=not accounts)
        told = head(self.title, "who may do what", actions=opener("new", "New account") + form)
        if not accounts and not tokens:
            return told + empty(
                "Nobody has to sign in",
                "Whoever sits at this machine may do everything. From the first account or token on, everybody has to say who they are.",
                command="flowforge account add NAME --role admin",
                image="access",
            )
        found = (
            section(
                "Accounts",
                table(_ACCOUNTS, Rows(accounts, lambda one: one.name), label="Accounts"),
            )
            if accounts
            else Markup("")
        )
        if tokens:
            found += section(
                "Tokens", table(_TOKENS, Rows(tokens, lambda one: one.id), label="Tokens")
            )
        return told + found

    async def do_add(self, told: Told, _picked: Sequence[str]) -> str:
        """Make an account."""
        self.desk.rights.refuse("POST", _PATH)
        name, accounts = told["name"].strip(), self.desk.parts.access.accounts
        if told["role"] != _FIRST and not accounts.all():
            msg = "the first account is that of an admin: nobody could make another one"
            raise ConflictError(msg)
        await asyncio.to_thread(accounts.add, name, told["password"], role=told["role"])
        return f"{name} may sign in"

    async def do_grant(self, told: Told, _picked: Sequence[str]) -> str:
        """Give somebody another role, in the lab or in one workflow."""
        self.desk.rights.refuse("PATCH", f"{_PATH}/any")
        workflow = told["workflow"].strip()
        await asyncio.to_thread(
            self.desk.parts.access.accounts.grant, told["name"], told["role"], workflow=workflow
        )
        return f"{told['name']} is {told['role'] or 'without a role'}{f' in {workflow}' if workflow else ''}"

    async def do_switch(self, told: Told, _picked: Sequence[str]) -> str:
        """Let somebody sign in no more, or again; their sessions end."""
        self.desk.rights.refuse("PATCH", f"{_PATH}/any")
        gate, is_off = self.desk.parts.access, told["off"] == "yes"
        await asyncio.to_thread(gate.accounts.disable, told["name"], is_disabled=is_off)
        if is_off:
            gate.sessions.end_of(told["name"])
        return f"{told['name']} may sign in {'no more' if is_off else 'again'}"


def _roles(role: str, roles: Mapping[str, str]) -> Markup:
    shown = [badge(role, "live")] if role else []
    return join(
        (*shown, *(badge(f"{one} in {id}") for id, one in sorted(roles.items())))
    ) or Markup("-")


def _options() -> list[tuple[str, str]]:
    return [*((role, role.capitalize()) for role in ROLES), ("", "None in the lab")]


def _form(*, is_first: bool) -> Markup:
    role = choice("role", "Role", _options(), chosen="viewer")
    if is_first:
        role = Markup(
            '<input type="hidden" name="role" value="{}"><p class="ff-help">The first account is that of an admin.'
            " From then on everybody has to sign in, you as well.</p>"
        ).format(_FIRST)
    fields = (
        field("name", "Name", required="required", maxlength="100", autocomplete="off"),
        field(
            "password",
            "Password, 12 characters or more",
            kind="password",
            required="required",
            autocomplete="new-password",
        ),
        role,
    )
    return dialog("new", "New account", "add", fields=fields, confirm="Make it")


def _acts(one: Account) -> Markup:
    key = f"grant-{one.name}"
    fields = (
        Markup('<input type="hidden" name="name" value="{}">').format(one.name),
        choice("role", "Role", _options(), chosen=one.role),
        field("workflow", "In one workflow only (its id; empty for the lab)"),
    )
    grant = dialog(key, f"Role of {one.name}", "grant", fields=fields, confirm="Give it")
    off = "no" if one.is_disabled else "yes"
    ask = "" if one.is_disabled else f"Let {one.name} sign in no more?"
    turn = button(
        "Let in again" if one.is_disabled else "Disable",
        "switch",
        kind="is-small is-quiet",
        name=one.name,
        off=off,
        ask=ask,
    )
    return join((opener(key, "Role", picture="edit", kind="is-small"), turn, grant))


def _lasts(one: Token) -> Markup:
    return when(one.expires_at, none="for good")


_ACCOUNTS = (
    Column("Name", lambda one: Markup("<strong>{}</strong>").format(one.name)),
    Column("Roles", lambda one: _roles(one.role, one.roles)),
    Column(
        "State",
        lambda one: pill("off", "disabled") if one.is_disabled else pill("on", "may sign in"),
    ),
    Column("Changed", lambda one: when(one.changed_at), look="is-tight"),
    Column("", _acts, look="is-acts"),
)
_TOKENS = (
    Column("Name", lambda one: Markup("<strong>{}</strong>").format(one.name)),
    Column("Roles", lambda one: _roles(one.role, one.roles)),
    Column("Lasts until", _lasts, look="is-tight"),
)
