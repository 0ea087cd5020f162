"""`flowforge capacity`: how long executions would wait under other limits."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import plain_rows, write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import LENGTH, existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import rows_table
from flowforge_lab.clock import SystemClock


@click.command(
    cls=Command,
    examples=(
        "flowforge capacity report --limit 1 --limit 2 --limit 4",
        "flowforge capacity report --limit 2 --arrivals 3 --since 7d --json",
        "flowforge capacity report --limit 1 --key user --on-limit drop",
    ),
)
@click.argument("workflow")
@click.option(
    "--limit", "limits", multiple=True, type=click.IntRange(min=1), required=True,
    help="At most so many at once; repeatable.",
)  # fmt: skip
@click.option(
    "--on-limit",
    type=click.Choice(["queue", "drop", "replace"]),
    default="queue",
    show_default=True,
)
@click.option(
    "--key", type=click.Choice(["", "user", "session", "chat", "trigger"]), default="",
    help="Those alike in this share a limit.",
)  # fmt: skip
@click.option("--arrivals", type=float, default=1.0, help="So many times as many come.")
@click.option("--service", type=float, default=1.0, help="Each takes so many times as long.")
@click.option("--since", type=LENGTH, help="Only executions of the last 7d, 12h, ...")
@click.option("--where", default="", help="Only those: a condition in SQL over `executions`.")
@lab_option
@json_option
def command(
    workflow: str, limits: tuple[int, ...], *, folder: Path | None, as_json: bool, **load: Any
) -> None:
    """Tell how long executions of WORKFLOW would wait if at most so many ran at once.

    Arrivals and service times of the past are replayed. The row of limit 0 is what was really waited; times
    are in seconds.
    """
    if load["since"] is not None:
        load["since"] = SystemClock().now() - timedelta(seconds=load["since"])
    with existing_lab(folder) as lab:
        frame = lab.capacity(workflow, *limits, **load).frame()
    rows = plain_rows(frame)
    if as_json:
        write_json(rows)
    else:
        stdout_console().print(rows_table(rows, len(rows), list(frame.columns)))
