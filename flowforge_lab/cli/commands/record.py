"""`flowforge record`: an execution as a test of its workflow."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import shown_path


@click.command(
    cls=Command,
    examples=(
        "flowforge record 019a2b3c",
        "flowforge record 019a2b3c --ignore draw --to tests/flows",
    ),
)
@click.argument("execution")
@click.option("--to", default="tests", show_default=True, help="The folder of the test.")
@click.option("--ignore", multiple=True, metavar="NODE", help="Do not compare what NODE gives.")
@click.option("--force", is_flag=True, help="Overwrite a test that is there.")
@lab_option
@json_option
def command(
    execution: str,
    *,
    to: str,
    ignore: tuple[str, ...],
    force: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Write EXECUTION as a pytest that fails once its workflow no longer does what it did.

    Steps that act outside are not run by the test: they give what they gave then. The values of the
    execution are in the recording beside the test; look at them before you share it.
    """
    with existing_lab(folder) as lab:
        written = lab.record(execution, to, ignore=ignore, force=force)
    if as_json:
        write_json(written)
        return
    click.echo(shown_path(written.test))
    click.echo(shown_path(written.recording))
    if written.ignored:
        click.echo(f"not compared, for they vary: {', '.join(written.ignored)}")
