"""`flowforge variables`: values that outlive an execution."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from flowforge_lab.cli.answers import plain, write_json
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import one_line
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import open_lab
from flowforge_lab.spec import did_you_mean
from flowforge_lab.values import parse_duration
from flowforge_lab.variables import Scope

F = TypeVar("F", bound=Callable[..., Any])
_SCOPES = ("project", "workflow", "user")


def _scope_options(function: F) -> F:
    owner = click.option(
        "--of", "owner", default="", help="The workflow's id or the user's name, for those scopes."
    )
    scope = click.option(
        "--scope", default="project", type=click.Choice(_SCOPES), show_default=True
    )
    return scope(owner(function))


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge variables",
        "flowforge variables set limit 15",
        "flowforge variables set cursor '\"2026-01-01\"' --scope workflow --of report --ttl 2d",
        "flowforge variables get limit",
        "flowforge variables remove limit",
    ),
)
@_scope_options
@lab_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, *, scope: Scope, owner: str, folder: Path | None, as_json: bool
) -> None:
    """List the variables of a scope, read one, set one, or remove one."""
    if ctx.invoked_subcommand is not None:
        return
    with existing_lab(folder) as lab:
        found = lab.variables(scope, owner)
    if as_json:
        write_json(found)
    elif not found:
        click.echo("no variables")
    else:
        rows = [(name, one_line(_text(value))) for name, value in found.items()]
        stdout_console().print(table_of(("variable", "value"), rows))


@command.command("get")
@click.argument("name")
@_scope_options
@lab_option
@json_option
def get_variable(
    name: str, *, scope: Scope, owner: str, folder: Path | None, as_json: bool
) -> None:
    """Print the value of a variable, as JSON."""
    with existing_lab(folder) as lab:
        value = _found(lab.variables(scope, owner), name)
    if as_json:
        write_json(value)
    else:
        click.echo(_text(value))


@command.command("set")
@click.argument("name")
@click.argument("value")
@click.option("--ttl", help="How long it holds, such as 10m or 2d.")
@_scope_options
@lab_option
@json_option
def set_variable(  # noqa: PLR0913  # one parameter an option
    name: str,
    value: str,
    *,
    ttl: str | None,
    scope: Scope,
    owner: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Keep VALUE, read as JSON where it is JSON and as text where not."""
    try:
        length = None if ttl is None else parse_duration(ttl)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with open_lab(folder) as lab:
        lab.set_variable(name, _value(value), scope=scope, owner=owner, ttl=length)
    if as_json:
        write_json({"variable": name, "set": True})
    else:
        click.echo(f"{name} is set")


@command.command("remove")
@click.argument("name")
@_scope_options
@lab_option
@json_option
def remove_variable(
    name: str, *, scope: Scope, owner: str, folder: Path | None, as_json: bool
) -> None:
    """Remove a variable."""
    with existing_lab(folder) as lab:
        _found(lab.variables(scope, owner), name)
        lab.set_variable(name, None, scope=scope, owner=owner)
    if as_json:
        write_json({"variable": name, "removed": True})
    else:
        click.echo(f"{name} is removed")


def _found(variables: dict[str, Any], name: str) -> Any:
    if name not in variables:
        near = did_you_mean(name, variables)
        msg = f"there is no variable {name!r}" + (f"; {near}" if near else "")
        raise NotFoundError(msg)
    return variables[name]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)
