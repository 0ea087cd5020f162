"""`flowforge projects`: which workflows belong together."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.access import DEFAULT, Project
from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import iso

_COLUMNS = ("project", "name", "workflows")


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge projects",
        "flowforge projects create shop --name 'The shop'",
        "flowforge projects put orders shop",
    ),
)
@lab_option
@json_option
@click.pass_context
def command(ctx: click.Context, *, folder: Path | None, as_json: bool) -> None:
    """List the projects of the lab, make, rename, remove and fill them.

    A workflow is in one project, in `default` unless it was put into another one. A role can be given in all
    workflows of a project: `flowforge token create NAME --role none --on 'PROJECT/*=ROLE'`.
    """
    if ctx.invoked_subcommand is not None:
        return
    with existing_lab(folder) as lab:
        found = lab.projects.all()
    if as_json:
        write_json([_plain(one) for one in found])
    elif not found:
        click.echo("no projects; `flowforge projects create ID` makes one")
    else:
        rows = [(one.id, one.name, ", ".join(one.workflows)) for one in found]
        stdout_console().print(table_of(_COLUMNS, rows))


@command.command("create")
@click.argument("id")
@click.option("--name", default="", help="What people call it; else its id.")
@lab_option
@json_option
def create(id: str, *, name: str, folder: Path | None, as_json: bool) -> None:
    """Make a project with this ID."""
    with existing_lab(folder) as lab:
        try:
            made = lab.projects.create(id, name)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    _tell(made, "is there now", as_json=as_json)


@command.command("rename")
@click.argument("id")
@click.argument("name")
@lab_option
@json_option
def rename(id: str, name: str, *, folder: Path | None, as_json: bool) -> None:
    """Give the project ID another NAME."""
    with existing_lab(folder) as lab:
        try:
            renamed = lab.projects.rename(id, name)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    _tell(renamed, f"is called {renamed.name!r} now", as_json=as_json)


@command.command("remove")
@click.argument("id")
@lab_option
@json_option
def remove(id: str, *, folder: Path | None, as_json: bool) -> None:
    """Remove the project ID, which has no workflow any more, with its variables and sessions."""
    with existing_lab(folder) as lab:
        gone = lab.projects.remove(id)
    _tell(gone, "is gone", as_json=as_json)


@command.command("put")
@click.argument("workflow")
@click.argument("project", default=DEFAULT)
@lab_option
@json_option
def put(workflow: str, project: str, *, folder: Path | None, as_json: bool) -> None:
    """Put a WORKFLOW into a PROJECT, and out of any other; without one, back into `default`."""
    with existing_lab(folder) as lab:
        lab.projects.put(workflow, project)
    if as_json:
        write_json({"workflow": workflow, "project": project})
    else:
        click.echo(f"{workflow} is in project {project} now")


def _tell(project: Project, what: str, *, as_json: bool) -> None:
    write_json(_plain(project)) if as_json else click.echo(f"project {project.id} {what}")


def _plain(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "created_at": iso(project.created_at),
        "workflows": list(project.workflows),
    }
