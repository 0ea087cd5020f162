"""`flowforge cancel`: stop an execution, wherever it runs."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option


@click.command(
    cls=Command,
    examples=(
        "flowforge cancel 019a2b3c",
        'flowforge cancel 019a2b3c --reason "wrong month"',
    ),
)
@click.argument("execution")
@click.option("--reason", default="", help="Why, for the history.")
@lab_option
@json_option
def command(execution: str, *, reason: str, folder: Path | None, as_json: bool) -> None:
    """Stop an execution, wherever it runs. EXECUTION is an id or the start of one.

    One that is over already is left as it is (exit code 4).
    """
    with existing_lab(folder) as lab:
        head = lab.get(execution)
        lab.cancel(head.id, reason=reason)
        outcome = lab.wait(head.id)
    if as_json:
        write_json({"execution_id": head.id, "status": outcome.status})
    else:
        click.echo(f"{head.id}  {outcome.status}")
