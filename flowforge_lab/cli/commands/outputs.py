"""`flowforge outputs`: what one node gave over many executions."""

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
        "flowforge outputs load",
        "flowforge outputs load --workflow report --since 7d --json",
        "flowforge outputs load --rows frame --where \"status = 'succeeded'\"",
        "flowforge outputs load --by day",
    ),
)
@click.argument("node")
@click.option("--workflow", default="", help="Only in the workflow of this id.")
@click.option("--since", type=LENGTH, help="Only visits of the last 7d, 12h, ...")
@click.option("--where", default="", help="Only these: a condition in SQL over `steps`.")
@click.option("-n", "--limit", default=50, show_default=True, help="The newest so many visits.")
@click.option("--rows", metavar="OUTPUT", default="", help="The rows of a table it gave, instead.")
@click.option(
    "--by", type=click.Choice(["hour", "day"]), help="Its metrics by hour or day, instead."
)
@lab_option
@json_option
def command(
    node: str, *, workflow: str, folder: Path | None, as_json: bool, **wanted: Any
) -> None:
    """Print what NODE gave, a row for each visit and a column for each output, the oldest first."""
    since = wanted.pop("since")
    if since is not None:
        since = SystemClock().now() - timedelta(seconds=since)
    with existing_lab(folder) as lab:
        frame = _asked(lab.node(node, workflow=workflow), since, **wanted)
        rows = plain_rows(frame)
    if as_json:
        write_json(rows)
    else:
        stdout_console().print(rows_table(rows, len(rows), list(map(str, frame.columns))))


def _asked(node: Any, since: Any, *, where: str, limit: int, rows: str, by: str | None) -> Any:
    if by is not None:
        return node.metrics(by=by, since=since)
    if rows:
        return node.rows(rows, since=since, where=where, limit=limit)
    return node.outputs(since=since, where=where, limit=limit)
