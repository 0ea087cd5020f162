"""`flowforge doctor`: what is not well in the lab, and what would mend it."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import status_text, table_of
from flowforge_lab.lab import Lab
from flowforge_lab.store import Finding


@click.command(
    cls=Command,
    examples=("flowforge doctor", "flowforge doctor --adopt", "flowforge doctor --json"),
)
@click.option(
    "--adopt", is_flag=True, help="Make a copied lab one of its own, whose schedules fire."
)
@lab_option
@json_option
def command(*, adopt: bool, folder: Path | None, as_json: bool) -> int:
    """Examine the lab: store, disk, executions, node types, connections, alarms, copies.

    The exit code is 1 if something is wrong; warnings alone do not count.
    """
    with existing_lab(folder) as lab:
        if adopt:
            lab.adopt()
        findings = [*lab.doctor(), _origin(lab)]
    if as_json:
        write_json(findings)
    else:
        rows = [
            (status_text(found.level), found.check, found.message, found.remedy)
            for found in findings
        ]
        stdout_console().print(table_of(("", "check", "found", "what would mend it"), rows))
    return EXIT_FAILED if any(found.level == "error" for found in findings) else EXIT_OK


def _origin(lab: Lab) -> Finding:
    if lab.is_read_only:
        return Finding("origin", "ok", "whether it was copied is looked at where it is writable")
    if lab.is_copy:
        text = "this lab was copied from another place: its schedules do not fire"
        return Finding(
            "origin", "warning", text, "flowforge doctor --adopt, if it shall be its own"
        )
    return Finding("origin", "ok", "the lab is at home here")
