"""`flowforge schedules`: when each schedule fires next."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import iso, local
from flowforge_lab.store import Schedule

_COLUMNS = ("workflow", "node", "schedule", "time zone", "next", "last", "missed")


@click.command(
    cls=Command,
    examples=(
        "flowforge schedules",
        "flowforge schedules --json",
    ),
)
@lab_option
@json_option
def command(*, folder: Path | None, as_json: bool) -> None:
    """List when each schedule of an active workflow fires next, the next first."""
    with existing_lab(folder) as lab:
        schedules = lab.schedules()
    if as_json:
        write_json([_answer(schedule) for schedule in schedules])
    elif not schedules:
        click.echo("no schedules; `flowforge activate FILE` lets a workflow's triggers fire")
    else:
        stdout_console().print(table_of(_COLUMNS, map(_row, schedules)))


def _answer(schedule: Schedule) -> dict[str, Any]:
    return {
        "workflow_id": schedule.workflow_id,
        "node": schedule.node,
        "schedule": schedule.spec,
        "active": schedule.is_active,
        "next_at": iso(schedule.next_at),
        "last_at": iso(schedule.last_at),
    }


def _row(schedule: Schedule) -> tuple[str, ...]:
    spec = schedule.spec
    return (
        schedule.workflow_id,
        schedule.node,
        str(spec.get("cron", "")),
        str(spec.get("timezone", "")),
        local(schedule.next_at),
        local(schedule.last_at),
        str(spec.get("missed", "")),
    )
