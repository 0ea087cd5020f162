"""`flowforge deactivate`: stop the triggers of a workflow."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option


@click.command(
    cls=Command,
    examples=("flowforge deactivate report",),
)
@click.argument("workflow")
@lab_option
@json_option
def command(workflow: str, *, folder: Path | None, as_json: bool) -> None:
    """Stop the triggers of a workflow; what runs goes on. WORKFLOW is a file or an id."""
    with existing_lab(folder) as lab:
        id = lab.deactivate(workflow)
    if as_json:
        write_json({"workflow_id": id, "active": False})
    else:
        click.echo(f"{id} is not active any more")
