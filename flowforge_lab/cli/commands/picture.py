"""`flowforge picture`: the graph of a workflow, or of an execution, as an SVG file."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.errors import StoreUnavailableError
from flowforge_lab.lab import Inspector
from flowforge_lab.spec import stem_of


@click.command(
    cls=Command,
    examples=(
        "flowforge picture report.flow.yaml",
        "flowforge picture report.flow.yaml --output docs/report.svg",
        "flowforge picture report.flow.yaml --output - > report.svg",
        "flowforge picture --execution 019a2b3c --output run.svg",
    ),
)
@click.argument("workflow", type=click.Path(path_type=Path), required=False)
@click.option(
    "--execution",
    metavar="ID",
    default="",
    help="Draw an execution: each node's state, the timeline.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Where to write it; by default beside the workflow, or `ID.svg`; `-` prints it.",
)
@lab_option
@json_option
def command(
    workflow: Path | None,
    *,
    execution: str,
    output: Path | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Draw the graph of WORKFLOW, or of an execution, as an SVG file, for a README or a page.

    Nodes stand where the file's `canvas` puts them. The same workflow always gives the same file.
    """
    if (workflow is None) == (not execution):
        msg = "give a workflow, or --execution with an id"
        raise click.UsageError(msg)
    if workflow is None:
        beside, picture = _of_execution(execution, folder)
    else:
        beside = workflow.with_name(f"{stem_of(workflow)}.svg")
        picture = Inspector(folder).picture_of(workflow)
    target = output or beside
    if str(target) == "-":
        write_json({"svg": picture}) if as_json else click.echo(picture, nl=False)
        return
    try:
        target.write_text(picture, encoding="utf-8")
    except OSError as error:
        msg = f"cannot write {target}: {error.strerror}"
        raise StoreUnavailableError(msg) from error
    write_json({"file": str(target)}) if as_json else click.echo(str(target))


def _of_execution(given: str, folder: Path | None) -> tuple[Path, str]:
    """Return where the picture of an execution goes unless somebody says so, and the picture."""
    with existing_lab(folder) as lab:
        execution_id = lab.get(given).id
        return Path(f"{execution_id}.svg"), lab.picture(execution_id)
