"""`flowforge activate`: let the triggers of a workflow start it."""

from collections.abc import Sequence
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_for, lab_option
from flowforge_lab.cli.words import iso, local
from flowforge_lab.services import is_carried
from flowforge_lab.store import Schedule


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
    click.echo(_who_fires(schedules), err=True)


def _who_fires(schedules: Sequence[Schedule]) -> str:
    """Return what has to run for the schedules to fire."""
    if not schedules:
        return "nothing fires by time; what calls it gets this version, `flowforge run` takes its file"
    carried = sum(is_carried(one.spec) for one in schedules)
    here = "while `flowforge serve` or `flowforge lab` runs"
    if carried == len(schedules):
        return "QStash fires it, by a call to the public address of this lab"
    if carried:
        return f"QStash fires {carried} of its {len(schedules)} schedules, the others fire {here}"
    return f"it fires {here}"
