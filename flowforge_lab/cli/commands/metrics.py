"""`flowforge metrics`: what Prometheus would read."""

from datetime import timedelta
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.values import parse_duration


@click.command(
    cls=Command,
    examples=("flowforge metrics", "flowforge metrics --since 1h", "flowforge metrics --since 7d"),
)
@click.option(
    "--since", default="1d", show_default=True, help="How far to look back, as 30m or 7d."
)
@lab_option
@json_option
def command(*, since: str, folder: Path | None, as_json: bool) -> None:
    """Print the metrics of the lab in the text format of Prometheus, counted from its history.

    A host gives its own, live, at http://127.0.0.1:<port>/metrics where FLOWFORGE_METRICS_PORT is set.
    """
    try:
        seconds = parse_duration(since)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from error
    with existing_lab(folder) as lab:
        text = lab.prometheus(since=lab.parts.clock.now() - timedelta(seconds=seconds))
    if as_json:
        write_json({"text": text})
    else:
        click.echo(text, nl=False)
