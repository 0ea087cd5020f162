"""`flowforge executions`: the newest executions, one a line."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import status_text, table_of
from flowforge_lab.cli.words import iso, local, now_us, one_line
from flowforge_lab.store import ExecutionHead
from flowforge_lab.values import lasted

_STATUSES = ("queued", "running", "waiting", "paused", "succeeded", "failed", "cancelled")
_COLUMNS = ("execution", "workflow", "status", "started", "took", "trigger", "error")


@click.command(
    cls=Command,
    examples=(
        "flowforge executions",
        "flowforge executions --status failed --limit 5",
        "flowforge executions --workflow report --json",
    ),
)
@click.option(
    "--status", multiple=True, type=click.Choice(_STATUSES), help="Only these; repeatable."
)
@click.option("--workflow", default="", help="Only those of this workflow id.")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@lab_option
@json_option
def command(
    status: tuple[str, ...], workflow: str, limit: int, *, folder: Path | None, as_json: bool
) -> None:
    """List executions, the newest first."""
    with existing_lab(folder) as lab:
        heads = lab.heads(status=status, workflow_id=workflow, limit=limit)
    if as_json:
        write_json([head_answer(head) for head in heads])
    elif not heads:
        click.echo("no executions" + (" fit" if status or workflow else " yet"))
    else:
        stdout_console().print(table_of(_COLUMNS, map(_row, heads)))


def head_answer(head: ExecutionHead) -> dict[str, Any]:
    """Return the summary of an execution as JSON values, named as the columns of the history are."""
    return {
        "execution_id": head.id,
        "workflow_id": head.workflow_id,
        "version": head.digest,
        "trigger": head.trigger,
        "status": head.status,
        "started_at": iso(head.created_at),
        "finished_at": iso(head.finished_at),
        "wake_at": iso(head.wake_at),
        "error_title": (head.status == "failed" and head.error) or None,
        "remark": (head.status != "failed" and head.error) or None,
    }


def _row(head: ExecutionHead) -> tuple[Any, ...]:
    end = head.finished_at if head.finished_at is not None else now_us()
    return (
        head.id,
        head.workflow_id,
        status_text(head.status),
        local(head.created_at),
        lasted((end - head.created_at) / 1e6),
        head.trigger,
        one_line(head.error),
    )
