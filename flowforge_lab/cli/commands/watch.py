"""`flowforge watch`: executions as they begin and end, a line each."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import plain, plain_rows
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import LENGTH, existing_lab, json_option, lab_option
from flowforge_lab.cli.words import GLYPHS
from flowforge_lab.clock import SystemClock
from flowforge_lab.values import lasted


@click.command(
    cls=Command,
    examples=(
        "flowforge watch",
        "flowforge watch --workflow report --json | jq .status",
        "flowforge watch --since 1h --count 10",
    ),
)
@click.option("--workflow", default="", help="Only those of this workflow id.")
@click.option("--since", type=LENGTH, default="0s", help="Also those of the last 1h, 7d, ...")
@click.option("--every", type=LENGTH, default="1s", show_default=True, help="How often to look.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many lines.")
@lab_option
@json_option
def command(
    *,
    workflow: str,
    since: float,
    every: float,
    count: int | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Print executions as they begin, change and end, whichever process runs them, until interrupted.

    With --json each line is a JSON document with the columns of `executions`.
    """
    begin = SystemClock().now() - timedelta(seconds=since)
    left = count
    with (
        existing_lab(folder) as lab,
        lab.watch(workflow=workflow, since=begin, every=every) as watch,
    ):
        for news in watch:
            for row in plain_rows(news)[:left]:
                sys.stdout.write(json.dumps(plain(row)) + "\n" if as_json else _line(row))
            sys.stdout.flush()
            left = None if left is None else left - len(news)
            if left is not None and left <= 0:
                return


def _line(row: dict[str, Any]) -> str:
    glyph, _style = GLYPHS.get(row["status"], ("·", ""))
    took = "" if row["duration"] is None else f" in {lasted(row['duration'])}"
    return f"{glyph} {row['execution_id']} {row['workflow_id']} {row['status']}{took}\n"
