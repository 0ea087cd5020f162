"""`flowforge label`: names for versions."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option

from .versions import version_answer


@click.command(
    cls=Command,
    examples=(
        "flowforge label report active stable",
        "flowforge label report 3f2a9c01b7de before-holidays",
        "flowforge label report --remove stable",
    ),
)
@click.argument("workflow")
@click.argument("version", required=False, default="")
@click.argument("name", required=False, default="")
@click.option("--remove", metavar="NAME", help="Take a name away instead.")
@lab_option
@json_option
def command(
    workflow: str,
    version: str,
    name: str,
    *,
    remove: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Give a version of a workflow a name; another version that has it loses it."""
    if bool(remove) == bool(version and name):
        msg = "give VERSION and NAME, or --remove NAME"
        raise click.UsageError(msg)
    with existing_lab(folder) as lab:
        if remove:
            lab.versions.unlabel(workflow, remove)
            told: object = {"label": remove, "removed": True}
            text = f"{remove} is removed"
        else:
            try:
                view = lab.versions.label(workflow, version, name)
            except ValueError as error:
                raise click.UsageError(str(error)) from error
            told, text = version_answer(view), f"{view.workflow_id} {view.short} is {name}"
    if as_json:
        write_json(told)
    else:
        click.echo(text)
