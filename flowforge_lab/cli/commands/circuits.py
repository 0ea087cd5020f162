"""`flowforge circuits`: the hosts that are left alone for now."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of


@click.command(cls=Command, examples=("flowforge circuits", "flowforge circuits --json"))
@lab_option
@json_option
def command(*, folder: Path | None, as_json: bool) -> None:
    """List the hosts that failed several times in a row and are left alone for now.

    Requests to them fail with `http.circuit_open` until then; a step's retry waits for that moment.
    """
    with existing_lab(folder) as lab:
        found = lab.circuits()
    if as_json:
        write_json(found)
    elif not found:
        click.echo("no host is left alone")
    else:
        rows = [(one.host, one.failures, f"{one.until.astimezone():%H:%M:%S}") for one in found]
        stdout_console().print(table_of(("host", "failures in a row", "until"), rows))
