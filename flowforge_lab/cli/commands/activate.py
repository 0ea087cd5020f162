"""`flowforge activate`: let the triggers of a workflow start it."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_for, lab_option
from flowforge_lab.cli.words import iso, local


@click.command(
    cls=Command,
    examples=("flowforge activate report.flow.yaml",),
)
@click.argument("workflow")
@lab_option
@json_option
def command(workflow: str, *, folder: Path | None, as_json: bool) -> None:
    """Let triggers and other workflows start this one in the version it has now. WORKFLOW is a file or an id.

    A later change of the file counts from the next activation. Triggers fire while `flowforge serve` or
    `flowforge lab` runs.
    """
    with lab_for(folder, workflow) as lab:
        id = lab.activate(workflow)
        schedules = [schedule for schedule in lab.schedules() if schedule.workflow_id == id]
    if as_json:
        fires = [{"node": one.node, "next_at": iso(one.next_at)} for one in schedules]
        write_json({"workflow_id": id, "active": True, "schedules": fires})
        return
    click.echo(f"{id} is active")
    for schedule in schedules:
        click.echo(f"  {schedule.node} fires next at {local(schedule.next_at) or 'no time'}")
    if schedules:
        click.echo("it fires while `flowforge serve` or `flowforge lab` runs", err=True)
    else:
        click.echo("nothing fires by time; who calls it gets this version", err=True)
