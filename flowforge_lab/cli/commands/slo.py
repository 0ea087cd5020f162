"""`flowforge slo`: how workflows stand to what was promised of them."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.values import format_duration

_MET = {True: "kept", False: "broken", None: "-"}


@click.command(cls=Command, examples=("flowforge slo", "flowforge slo --json"))
@lab_option
@json_option
def command(*, folder: Path | None, as_json: bool) -> None:
    """Tell how workflows stand to the promises in slo.yaml: success and the 95th percentile of duration.

    The exit code is 1 when one is broken.
    """
    with existing_lab(folder) as lab:
        found = lab.slo()
    if as_json:
        write_json(found)
    elif not found:
        click.echo("nothing is promised; write slo.yaml")
    else:
        rows = [
            (
                one.workflow_id,
                format_duration(one.window),
                one.ended,
                _part(one.success, one.promised_success),
                _budget(one.budget_left),
                _seconds(one.duration_p95, one.promised_p95),
                _MET[one.is_met],
            )
            for one in found
        ]
        heads = ("workflow", "window", "ended", "success", "budget left", "p95", "promise")
        stdout_console().print(table_of(heads, rows))
    if any(one.is_met is False for one in found):
        raise click.exceptions.Exit(1)


def _budget(left: float | None) -> str:
    """Return how much of the allowed failures is left, or how many times all of them were used."""
    if left is None:
        return "-"
    return f"{left:.0%}" if left >= 0 else f"used {1 - left:.3g} times"


def _part(found: float | None, promised: float | None) -> str:
    told = "-" if found is None else f"{found:.2%}"
    return told if promised is None else f"{told} of {promised:.2%}"


def _seconds(found: float | None, promised: float | None) -> str:
    told = "-" if found is None else f"{found:.3g} s"
    return told if promised is None else f"{told} of {promised:g} s"
