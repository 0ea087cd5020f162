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
from flowforge_lab.errors import ServiceError
from flowforge_lab.lab import Lab
from flowforge_lab.services import Delivery
from flowforge_lab.store import Schedule

_COLUMNS = ("workflow", "node", "schedule", "time zone", "next", "last", "missed", "fired by")


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
        told = _told(lab)
    if as_json:
        write_json([_answer(schedule, told) for schedule in schedules])
    elif not schedules:
        click.echo("no schedules; `flowforge activate FILE` lets a workflow's triggers fire")
    else:
        stdout_console().print(
            table_of(_COLUMNS, [_row(schedule, told) for schedule in schedules])
        )


def _told(lab: Lab) -> dict[tuple[str, str], Delivery] | str:
    """Return what QStash says by workflow and node, or why it says nothing."""
    try:
        return {(one.workflow_id, one.node): one for one in lab.deliveries()}
    except ServiceError as error:
        return str(error)


def _delivery(schedule: Schedule, told: dict[tuple[str, str], Delivery] | str) -> Delivery | None:
    if isinstance(told, str):
        return None
    return told.get((schedule.workflow_id, schedule.node))


def _answer(schedule: Schedule, told: dict[tuple[str, str], Delivery] | str) -> dict[str, Any]:
    carrier = schedule.spec.get("carrier", "host")
    delivery = _delivery(schedule, told)
    seen = {} if delivery is None else {"state": delivery.state, "error": delivery.error}
    if carrier != "host" and isinstance(told, str):
        seen = {"state": "unknown", "error": told}
    return {
        "carrier": carrier,
        "delivery": seen or None,
        "workflow_id": schedule.workflow_id,
        "node": schedule.node,
        "schedule": schedule.spec,
        "active": schedule.is_active,
        "next_at": iso(schedule.next_at),
        "last_at": iso(schedule.last_at),
    }


def _row(schedule: Schedule, told: dict[tuple[str, str], Delivery] | str) -> tuple[str, ...]:
    spec = schedule.spec
    delivery = _delivery(schedule, told)
    carrier = str(spec.get("carrier", "host"))
    state = delivery.state if delivery else "unknown" if carrier != "host" else ""
    return (
        schedule.workflow_id,
        schedule.node,
        str(spec.get("cron", "")),
        str(spec.get("timezone", "")),
        local(schedule.next_at),
        local(schedule.last_at),
        str(spec.get("missed", "")),
        f"{carrier}: {state}" if state else carrier,
    )
