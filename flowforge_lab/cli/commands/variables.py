"""`flowforge variables`: values that outlive an execution."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from flowforge_lab.cli.answers import plain, plain_rows, write_json
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import one_line
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Lab, open_lab
from flowforge_lab.services import check_owner
from flowforge_lab.spec import did_you_mean
from flowforge_lab.values import parse_duration
from flowforge_lab.variables import Scope

F = TypeVar("F", bound=Callable[..., Any])
_SCOPES = ("project", "workflow", "user")
_ALL_SCOPES = (*_SCOPES, "execution")
_COLUMNS = ("scope", "owner", "variable", "value", "until")


def _scope_options(function: F) -> F:
    owner = click.option(
        "--owner",
        "--of",
        "owner",
        default="",
        help="The workflow's id or the user's name, for those scopes.",
    )
    scope = click.option(
        "--scope", default="project", type=click.Choice(_SCOPES), show_default=True
    )

    @wraps(function)
    def judged(*args: Any, **options: Any) -> Any:
        try:
            check_owner(options["scope"], options["owner"])
        except ValueError as error:
            msg = f"{error}; give it with --owner" if not options["owner"] else str(error)
            raise click.UsageError(msg) from error
        return function(*args, **options)

    return scope(owner(cast("F", judged)))


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge variables",
        "flowforge variables --scope workflow --owner report",
        "flowforge variables increment visits",
        "flowforge variables set limit 15",
        "flowforge variables set cursor '\"2026-01-01\"' --scope workflow --owner report --ttl 2d",
        "flowforge variables get limit",
        "flowforge variables remove limit",
    ),
)
@click.option("--scope", default=None, type=click.Choice(_ALL_SCOPES), help="Only of this scope.")
@click.option(
    "--owner",
    "--of",
    "owner",
    default="",
    help="Only of this owner; for --scope execution its id.",
)
@lab_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, *, scope: str | None, owner: str, folder: Path | None, as_json: bool
) -> None:
    """List the variables of all scopes, read one, set one, add to one, or remove one."""
    if ctx.invoked_subcommand is not None:
        return
    with existing_lab(folder) as lab:
        rows = _rows(lab, scope or "", owner)
    if as_json:
        write_json(rows)
    elif not rows:
        click.echo("no variables")
    else:
        lines = [
            (*list(row.values())[:3], one_line(_text(row["value"])), row["expires_at"] or "")
            for row in rows
        ]
        stdout_console().print(table_of(_COLUMNS, lines))


def _rows(lab: Lab, scope: str, owner: str) -> list[dict[str, Any]]:
    if scope != "execution":
        return plain_rows(lab.variable_frame(scope, owner))
    names = ("scope", "owner", "name", "value", "expires_at")
    found = lab.variables("execution", owner)
    return [
        dict(zip(names, (scope, owner, name, plain(value), None), strict=True))
        for name, value in found.items()
    ]


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
    length = _length(ttl)
    with _told_as_usage(), open_lab(folder) as lab:
        lab.set_variable(name, _value(value), scope=scope, owner=owner, ttl=length)
    if as_json:
        write_json({"variable": name, "set": True})
    else:
        click.echo(f"{name} is set")


@command.command("increment")
@click.argument("name")
@click.argument("by", default="1")
@click.option("--ttl", help="How long a new one holds, such as 10m or 2d.")
@_scope_options
@lab_option
@json_option
def increment_variable(  # noqa: PLR0913  # one parameter an option
    name: str,
    by: str,
    *,
    ttl: str | None,
    scope: Scope,
    owner: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Add the number BY (1) in one go, whoever else does too, and print the sum."""
    length = _length(ttl)
    with _told_as_usage(), open_lab(folder) as lab:
        total = lab.increment_variable(name, _value(by), scope=scope, owner=owner, ttl=length)
    if as_json:
        write_json({"variable": name, "value": plain(total)})
    else:
        click.echo(_text(total))


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


@contextmanager
def _told_as_usage() -> Iterator[None]:
    """Tell of a value that cannot be taken as of the command line that it came by."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _length(ttl: str | None) -> float | None:
    with _told_as_usage():
        return None if ttl is None else parse_duration(ttl)


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
