"""`flowforge unpause`: let a paused execution go on."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.detached import leave_running, run_nothing_here
from flowforge_lab.cli.failures import EXIT_OK
from flowforge_lab.cli.following import see_through
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option


@click.command(
    cls=Command,
    examples=(
        "flowforge unpause 019a2b3c",
        "flowforge unpause 019a2b3c --detach",
    ),
)
@click.argument("execution")
@click.option("--detach", is_flag=True, help="Let it go on in the background.")
@click.option("--no-progress", is_flag=True, help="Show the result only.")
@lab_option
@json_option
def command(
    execution: str, *, detach: bool, no_progress: bool, folder: Path | None, as_json: bool
) -> int:
    """Let a paused execution go on. EXECUTION is an id or the start of one.

    It runs here unless another process takes it first, and is shown to its end. One that waits for
    its turn in the queue only forgets that it was to be paused.
    """
    with existing_lab(folder) as lab:
        head = lab.get(execution)
        if not detach and head.status in {"paused", "running"}:
            return see_through(
                lab, head.id, lambda: lab.unpause(head.id), is_quiet=no_progress, as_json=as_json
            )
        if detach:
            run_nothing_here(lab)
        lab.unpause(head.id)
        if detach:
            return leave_running(lab, head.id, as_json=as_json)
        status = lab.get(head.id).status
    if as_json:
        write_json({"execution_id": head.id, "status": status})
    else:
        click.echo(f"{head.id}  {status}")
    return EXIT_OK
