"""`flowforge unpin`: let nodes have their own outputs again."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_for, lab_option


@click.command(cls=Command, examples=("flowforge unpin report load", "flowforge unpin report"))
@click.argument("workflow")
@click.argument("node", required=False, default="")
@lab_option
@json_option
def command(workflow: str, node: str, *, folder: Path | None, as_json: bool) -> None:
    """Take away what is pinned to NODE, or all pins of WORKFLOW, a file or an id."""
    with lab_for(folder, workflow) as lab:
        gone = lab.pins(workflow).clear(node)
    if as_json:
        write_json({"unpinned": gone})
    else:
        click.echo(f"unpinned: {', '.join(gone)}" if gone else "nothing is pinned")
