"""`flowforge diff`: what is different between two workflows, whatever their files look like."""

from pathlib import Path

import click
from rich.text import Text

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.services import compare_documents, read_written
from flowforge_lab.spec import Change, Difference

_STYLES = {"added": "green", "removed": "red", "renamed": "cyan", "changed": "yellow"}


@click.command(
    cls=Command,
    examples=(
        "flowforge diff report",
        "flowforge diff old.flow.yaml new.flow.yaml",
        "flowforge diff HEAD:report.flow.yaml report.flow.yaml",
        "flowforge diff report@stable report",
        "flowforge diff report.flow.yaml 3f2a9c01b7de --json",
    ),
)
@click.argument("old")
@click.argument("new", required=False)
@click.option("--exit-code", is_flag=True, help="End with exit code 1 if something is different.")
@lab_option
@json_option
def command(
    old: str, new: str | None, *, exit_code: bool, folder: Path | None, as_json: bool
) -> int:
    """Tell what is different from OLD to NEW. Canvas, notes, comments and order are no difference.

    Each is a file, REVISION:FILE in git, WORKFLOW@VERSION, the id of a workflow, or only a version where
    the other side says of which workflow. A version is a label, `active`, `latest`, or the start of a
    digest. OLD alone is the active version of that workflow against its file.
    """
    difference = _difference(old, new, folder=folder)
    if as_json:
        write_json([change_answer(change) for change in difference.changes])
    elif difference:
        for change in difference.changes:
            stdout_console().print(Text(str(change), style=_STYLES[change.how]))
    else:
        click.echo("no difference")
    return EXIT_FAILED if exit_code and difference else EXIT_OK


def change_answer(change: Change) -> dict[str, object]:
    """Return a change as JSON values, each field present."""
    return {name: getattr(change, name) for name in change.__struct_fields__}


def _difference(old: str, new: str | None, *, folder: Path | None) -> Difference:
    """Compare files and commits without a lab; anything else is asked of the lab."""
    if new is not None:
        sides = [read_written(name, Path.cwd()) for name in (old, new)]
        if sides[0] is not None and sides[1] is not None:
            return compare_documents(sides[0], sides[1])
    with existing_lab(folder) as lab:
        found: Difference = lab.versions.diff(old, new)
        return found
