"""`flowforge sessions`: what belongs together of several executions."""

from pathlib import Path

import click

from flowforge_lab.access import DEFAULT
from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.services import MAX_PAGE_SIZE, PAGE_SIZE

_COLUMNS = ("session", "title", "user", "chat", "executions", "last")
_project_option = click.option(
    "--project", default=DEFAULT, show_default=True, help="The project it is in."
)


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge sessions --project shop",
        "flowforge sessions create --project shop --user ann --title 'First order'",
        "flowforge sessions remove 019a2b3c --project shop",
    ),
)
@_project_option
@click.option("--user", default="", help="Only those of this user.")
@click.option("--chat", default="", help="Only those of this chat.")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--size", type=click.IntRange(1, MAX_PAGE_SIZE), default=PAGE_SIZE, show_default=True
)
@lab_option
@json_option
@click.pass_context
def command(  # the filters of a list
    ctx: click.Context, /, *, folder: Path | None, as_json: bool, **wanted: str | int
) -> None:
    """List the sessions of a project, the last used first, or make and remove some.

    A session is there when somebody made it, or when an execution names it.
    """
    if ctx.invoked_subcommand is not None:
        return
    with existing_lab(folder) as lab:
        found = lab.sessions.list(**wanted)
    if as_json:
        write_json(found)
    elif not found:
        click.echo("no sessions")
    else:
        rows = [
            (one.id, one.title, one.user, one.chat, one.executions, one.last_at or "")
            for one in found
        ]
        stdout_console().print(table_of(_COLUMNS, rows))


@command.command("create")
@click.argument("id", default="")
@_project_option
@click.option("--title", default="", help="What people call it.")
@click.option("--user", default="", help="Whose it is.")
@click.option("--chat", default="", help="In which chat it is.")
@lab_option
@json_option
def create(id: str, *, folder: Path | None, as_json: bool, **facts: str) -> None:
    """Make a session and print its id, which is ID where that is given."""
    project = facts.pop("project")
    with existing_lab(folder) as lab:
        try:
            made = lab.sessions.create(project, id, **facts)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    write_json(made) if as_json else click.echo(made.id)


@command.command("remove")
@click.argument("id")
@_project_option
@lab_option
@json_option
def remove(id: str, *, project: str, folder: Path | None, as_json: bool) -> None:
    """Forget that the session ID was made; its executions stay, and name it still."""
    with existing_lab(folder) as lab:
        lab.sessions.remove(project, id)
    if as_json:
        write_json({"id": id, "project": project})
    else:
        click.echo(f"session {id} is gone; executions that name it stay")
