"""`flowforge migrate`: let executions that wait go on in another version of their workflow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.failures import EXIT_CONFLICT, EXIT_OK
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.services import Migration

_COLUMNS = ("execution", "from", "to", "", "why not")
_SHORT = 12


@click.command(
    cls=Command,
    examples=(
        "flowforge migrate 019a2b3c --to active",
        "flowforge migrate --workflow report --to active --dry-run",
        "flowforge migrate --workflow report --to stable --json",
    ),
)
@click.argument("execution", required=False, default="")
@click.option("--workflow", default="", help="All of this workflow that can be moved.")
@click.option(
    "--to", required=True, metavar="VERSION", help="A label, active, latest, or a digest's start."
)
@click.option("--dry-run", is_flag=True, help="Move nothing; tell what could be moved.")
@lab_option
@json_option
def command(
    execution: str,
    *,
    workflow: str,
    to: str,
    dry_run: bool,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Move executions that wait, are paused or queued to another version of their workflow.

    One can be moved if every node at which it stands is there in that version too, of the same kind and
    in the same loops. What it has done stays done; from there on it runs the new version. The exit code
    is 4 if one that was asked for was not moved.
    """
    if bool(execution) == bool(workflow):
        msg = "give EXECUTION or --workflow"
        raise click.UsageError(msg)
    with existing_lab(folder) as lab:
        if execution:
            told = [lab.versions.migrate(execution, to, is_trial=dry_run)]
        else:
            told = lab.versions.migrate_all(workflow, to, is_trial=dry_run)
    _tell(told, as_json=as_json)
    return EXIT_CONFLICT if any(one.outcome == "refused" for one in told) else EXIT_OK


def _tell(told: Sequence[Migration], *, as_json: bool) -> None:
    if as_json:
        write_json([_answer(one) for one in told])
    elif not told:
        click.echo("no execution waits in another version")
    else:
        rows = [
            (
                one.execution_id,
                one.old[:_SHORT],
                one.new[:_SHORT],
                one.outcome,
                "; ".join(one.reasons),
            )
            for one in told
        ]
        stdout_console().print(table_of(_COLUMNS, rows))


def _answer(one: Migration) -> dict[str, Any]:
    return {
        "execution_id": one.execution_id,
        "workflow_id": one.workflow_id,
        "old_version": one.old,
        "new_version": one.new,
        "outcome": one.outcome,
        "reasons": list(one.reasons),
    }
