"""`flowforge waits`: what executions wait for, and how to answer it."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import iso, local
from flowforge_lab.services import WaitView

_COLUMNS = ("answer with", "workflow", "node", "execution", "until")


@click.command(
    cls=Command,
    examples=(
        "flowforge waits",
        "flowforge waits 019a2b3c",
        "flowforge waits --json",
    ),
)
@click.argument("execution", default="")
@lab_option
@json_option
def command(execution: str, *, folder: Path | None, as_json: bool) -> None:
    """List what is waited for, in all executions or in one. EXECUTION is an id or the start of one.

    The first column is what `flowforge answer` takes. Whoever knows it may answer.
    """
    with existing_lab(folder) as lab:
        id = lab.get(execution).id if execution else ""
        waits = lab.waits.list(id)
    if as_json:
        write_json([wait_answer(wait) for wait in waits])
    elif not waits:
        click.echo("nothing waits for an answer")
    else:
        rows = [
            (one.key, one.workflow_id, one.node, one.execution_id, local(one.until))
            for one in waits
        ]
        stdout_console().print(table_of(_COLUMNS, rows))


def wait_answer(wait: WaitView) -> dict[str, Any]:
    """Return a wait as JSON values."""
    return {
        "key": wait.key,
        "execution_id": wait.execution_id,
        "workflow_id": wait.workflow_id,
        "node": wait.node,
        "until": iso(wait.until),
        "terms": wait.terms,
    }
