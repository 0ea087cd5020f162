"""`flowforge rollback`: let triggers start an earlier version again."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.words import local

from .versions import version_answer


@click.command(
    cls=Command,
    examples=(
        "flowforge rollback report",
        "flowforge rollback report stable",
        "flowforge rollback report 3f2a9c01b7de --json",
    ),
)
@click.argument("workflow")
@click.argument("version", required=False, default="")
@lab_option
@json_option
def command(workflow: str, version: str, *, folder: Path | None, as_json: bool) -> None:
    """Activate an earlier version of a workflow; its schedules follow. WORKFLOW is a file or an id.

    Without VERSION it is the one that was active before. The file stays as it is, and what runs goes on
    with the version it has; `flowforge migrate` moves it.
    """
    with existing_lab(folder) as lab:
        view = lab.versions.rollback(workflow, version)
        schedules = [one for one in lab.schedules() if one.workflow_id == view.workflow_id]
    if as_json:
        write_json(version_answer(view))
        return
    click.echo(f"{view.workflow_id} is active as version {view.short}")
    for schedule in schedules:
        click.echo(f"  {schedule.node} fires next at {local(schedule.next_at) or 'no time'}")
