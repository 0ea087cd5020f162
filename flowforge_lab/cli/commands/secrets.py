"""`flowforge secrets`: names to list, values to set; a value is never shown and never an argument."""

import sys
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.lab import open_lab


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge secrets",
        "flowforge secrets set api_token",
        'echo "$TOKEN" | flowforge secrets set api_token',
        "flowforge secrets remove api_token",
        "flowforge secrets rotate",
        "FLOWFORGE_SECRETS_PASSPHRASE=... flowforge secrets rotate",
    ),
)
@lab_option
@json_option
@click.pass_context
def command(ctx: click.Context, *, folder: Path | None, as_json: bool) -> None:
    """List the names of the lab's secrets, set one, or remove one. A value is never shown.

    They lie encrypted in .flowforge/secrets.json. The key is that of the passphrase in
    FLOWFORGE_SECRETS_PASSPHRASE, else it lies outside the lab, in ~/.config/flowforge/secrets.key or
    where FLOWFORGE_SECRETS_KEY_FILE says. The environment variable FLOWFORGE_SECRET_<NAME> goes before
    the file. The setting secrets_kept names the key ring of the system or HashiCorp Vault instead.
    """
    if ctx.invoked_subcommand is not None:
        return
    with existing_lab(folder) as lab:
        names = lab.secrets.names()
    if as_json:
        write_json(names)
    else:
        click.echo("\n".join(names) or "no secrets; `flowforge secrets set NAME` sets one")


@command.command("set")
@click.argument("name")
@lab_option
@json_option
def set_secret(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Keep a secret: typed in without echo, or read from stdin.

    It is never an argument, so that `ps` and the shell's history cannot show it.
    """
    if sys.stdin.isatty():
        value = click.prompt(name, hide_input=True, err=True)
    else:
        value = sys.stdin.read().rstrip("\r\n")
    with open_lab(folder) as lab:
        try:
            lab.secrets.set(name, value)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    _tell(name, "set", as_json=as_json)


@command.command("remove")
@click.argument("name")
@lab_option
@json_option
def remove_secret(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Remove a secret from the lab's file."""
    with existing_lab(folder) as lab:
        lab.secrets.remove(name)
    _tell(name, "removed", as_json=as_json)


@command.command("rotate")
@click.option(
    "--forget",
    is_flag=True,
    help="Keep no older key in the key file; copies and other labs may use them.",
)
@lab_option
@json_option
def rotate_secrets(*, forget: bool, folder: Path | None, as_json: bool) -> None:
    """Encrypt all secrets with a new key.

    It is the passphrase in FLOWFORGE_SECRETS_PASSPHRASE if that is set, else a new key in the key file.
    To change the passphrase, give the present one as FLOWFORGE_SECRETS_OLD_PASSPHRASE.
    """
    with existing_lab(folder) as lab:
        locked_with = lab.secrets.rotate(forgets=forget)
        count = len(lab.secrets.names())
    if as_json:
        write_json({"rotated": count, "locked_with": locked_with})
    else:
        click.echo(f"{count} secrets are encrypted with a new {locked_with}")


def _tell(name: str, done: str, *, as_json: bool) -> None:
    if as_json:
        write_json({"secret": name, done: True})
    else:
        click.echo(f"{name} is {done}")
