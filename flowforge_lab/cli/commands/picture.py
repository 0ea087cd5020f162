"""`flowforge picture`: the graph of a workflow as an SVG file."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_option
from flowforge_lab.errors import StoreUnavailableError
from flowforge_lab.lab import Inspector
from flowforge_lab.spec import stem_of


@click.command(
    cls=Command,
    examples=(
        "flowforge picture report.flow.yaml",
        "flowforge picture report.flow.yaml --output docs/report.svg",
        "flowforge picture report.flow.yaml --output - > report.svg",
    ),
)
@click.argument("workflow", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Where to write it; by default beside the workflow, `-` prints it.",
)
@lab_option
@json_option
def command(workflow: Path, *, output: Path | None, folder: Path | None, as_json: bool) -> None:
    """Draw the graph of WORKFLOW as an SVG file, for a README or a page.

    Nodes stand where the file's `canvas` puts them. The same workflow always gives the same file.
    """
    picture = Inspector(folder).picture_of(workflow)
    target = output or workflow.with_name(f"{stem_of(workflow)}.svg")
    if str(target) == "-":
        write_json({"svg": picture}) if as_json else click.echo(picture, nl=False)
        return
    try:
        target.write_text(picture, encoding="utf-8")
    except OSError as error:
        msg = f"cannot write {target}: {error.strerror}"
        raise StoreUnavailableError(msg) from error
    write_json({"file": str(target)}) if as_json else click.echo(str(target))
