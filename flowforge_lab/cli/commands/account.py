"""`flowforge account`: people who may sign in to the lab's server."""

import sys
from pathlib import Path

import click

from flowforge_lab.access import ROLES, Account
from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.gate import gatehouse, on_option, roles_of, shown_roles
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import iso, local

_COLUMNS = ("name", "roles", "may sign in", "changed")
_ROLE = click.Choice((*ROLES, "none"))


@click.group(
    cls=Group,
    examples=(
        "flowforge account add ada --role admin",
        "flowforge account add bob --role none --on report=operator",
        "flowforge account grant bob viewer",
        "flowforge account password ada",
        "flowforge account disable bob",
        "flowforge account list",
    ),
)
def command() -> None:
    """Make, list, change and remove accounts of people, who sign in at the server's /login.

    Once there is one, the server asks every caller who they are. A password is typed in without echo, or
    read from stdin; what is kept is a slow hash (Argon2id).
    """


@command.command("add")
@click.argument("name")
@click.option(
    "--role", type=_ROLE, default="viewer", show_default=True, help="The role in the lab."
)
@on_option
@lab_option
@json_option
def add(
    name: str, *, role: str, grants: tuple[str, ...], folder: Path | None, as_json: bool
) -> None:
    """Make an account called NAME and ask for its password."""
    gate = gatehouse(folder)
    roles = roles_of(grants)
    try:
        made = gate.accounts.add(name, _password(), role=role.replace("none", ""), roles=roles)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    _tell(made, "may sign in now", as_json=as_json)


@command.command("list")
@lab_option
@json_option
def list_accounts(*, folder: Path | None, as_json: bool) -> None:
    """List the accounts there are."""
    accounts = gatehouse(folder).accounts.all()
    if as_json:
        write_json([_plain(one) for one in accounts])
    elif not accounts:
        click.echo("no accounts; `flowforge account add NAME` makes one")
    else:
        rows = [
            (
                one.name,
                shown_roles(one.role, one.roles),
                "no" if one.is_disabled else "yes",
                local(one.changed_at),
            )
            for one in accounts
        ]
        stdout_console().print(table_of(_COLUMNS, rows))


@command.command("password")
@click.argument("name")
@lab_option
@json_option
def password(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Give NAME another password; the sessions of NAME end."""
    accounts = gatehouse(folder).accounts
    accounts.get(name)  # before anybody is asked for a password
    try:
        account = accounts.set_password(name, _password())
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    _tell(account, "has another password", as_json=as_json)


@command.command("grant")
@click.argument("name")
@click.argument("role", type=_ROLE)
@click.option("--on", "workflow", default="", help="Only in this workflow.")
@lab_option
@json_option
def grant(name: str, role: str, *, workflow: str, folder: Path | None, as_json: bool) -> None:
    """Let NAME have ROLE in the lab or, with --on, in one workflow; `none` takes it away."""
    account = gatehouse(folder).accounts.grant(name, role.replace("none", ""), workflow=workflow)
    _tell(account, f"has: {shown_roles(account.role, account.roles)}", as_json=as_json)


@command.command("disable")
@click.argument("name")
@lab_option
@json_option
def disable(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Let NAME sign in no more, and end the sessions of NAME."""
    account = gatehouse(folder).accounts.disable(name)
    _tell(account, "may not sign in any more", as_json=as_json)


@command.command("enable")
@click.argument("name")
@lab_option
@json_option
def enable(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Let NAME sign in again."""
    account = gatehouse(folder).accounts.disable(name, is_disabled=False)
    _tell(account, "may sign in again", as_json=as_json)


@command.command("remove")
@click.argument("name")
@lab_option
@json_option
def remove(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Remove the account of NAME, and end the sessions of NAME."""
    account = gatehouse(folder).accounts.remove(name)
    _tell(account, "is removed", as_json=as_json)


def _password() -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def _tell(account: Account, what: str, *, as_json: bool) -> None:
    if as_json:
        write_json(_plain(account))
    else:
        click.echo(f"{account.name} {what}")


def _plain(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.role,
        "roles": account.roles,
        "is_disabled": account.is_disabled,
        "created_at": iso(account.created_at),
        "changed_at": iso(account.changed_at),
    }
