"""`flowforge token`: API tokens, made once, shown once."""

from pathlib import Path

import click

from flowforge_lab.access import ROLES, Tokens
from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.gate import gatehouse, on_option, roles_of, shown_roles
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import LENGTH, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import iso, local

_COLUMNS = ("id", "name", "role", "made", "until")


def _tokens(folder: Path | None) -> Tokens:
    return gatehouse(folder).tokens


@click.group(
    cls=Group,
    examples=(
        "flowforge token create ci --role operator --expires 90d",
        "flowforge token create nightly --role none --on report=operator",
        "flowforge token list",
        "flowforge token revoke ci",
    ),
)
def command() -> None:
    """Make, list and revoke the tokens with which others may ask the lab's server.

    Once there is one, the server asks every caller for one. What is kept, in .flowforge/tokens.json, is a
    digest: a token that was lost cannot be shown again, only revoked.
    """


@command.command("create")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice((*ROLES, "none")),
    default="admin",
    show_default=True,
    help="viewer looks; operator also runs; editor also changes workflows; admin all.",
)
@on_option
@click.option("--expires", type=LENGTH, help="After how long it ends, such as 90d; else never.")
@lab_option
@json_option
def create(
    name: str,
    *,
    role: str,
    grants: tuple[str, ...],
    expires: float | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Make a token called NAME and print it, this once."""
    days = None if expires is None else expires / 86400
    try:
        role = role.replace("none", "")
        text = _tokens(folder).create(name, role, roles=roles_of(grants), days=days)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        write_json({"token": text, "name": name, "role": role})
    else:
        click.echo(text)


@command.command("list")
@lab_option
@json_option
def list_tokens(*, folder: Path | None, as_json: bool) -> None:
    """List the tokens there are; none is shown itself."""
    tokens = _tokens(folder).all()
    if as_json:
        write_json(
            [
                {
                    "id": one.id,
                    "name": one.name,
                    "role": one.role,
                    "roles": one.roles,
                    "created_at": iso(one.created_at),
                    "expires_at": iso(one.expires_at),
                }
                for one in tokens
            ]
        )
    elif not tokens:
        click.echo("no tokens; `flowforge token create NAME` makes one")
    else:
        rows = [
            (
                one.id,
                one.name,
                shown_roles(one.role, one.roles),
                local(one.created_at),
                local(one.expires_at),
            )
            for one in tokens
        ]
        stdout_console().print(table_of(_COLUMNS, rows))


@command.command("revoke")
@click.argument("token")
@lab_option
@json_option
def revoke(token: str, *, folder: Path | None, as_json: bool) -> None:
    """Take TOKEN away, by its id or its name; streams that it opened end."""
    gone = _tokens(folder).revoke(token)
    if as_json:
        write_json({"revoked": gone.id, "name": gone.name})
    else:
        click.echo(f"{gone.name} ({gone.id}) is revoked")
