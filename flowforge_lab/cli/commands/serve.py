"""`flowforge serve`: the live host of a lab."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.parents import is_orphan
from flowforge_lab.cli.words import iso, local, now_us, seconds
from flowforge_lab.events import Entry, ExecutionFinished, ExecutionStarted
from flowforge_lab.lab import Lab, log_to_stderr, metrics_served


@click.command(
    cls=Command,
    examples=(
        "flowforge serve",
        "flowforge serve --lab ~/shop",
    ),
)
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
@lab_option
@json_option
def command(*, parent: int | None, folder: Path | None, as_json: bool) -> None:
    """Run the schedules of active workflows, wake what waits, and go on with what a crash cut off.

    It runs until it gets Ctrl+C or SIGTERM; what runs then is left for the next host. Several may
    serve one lab: they share the work, and no fire happens twice. With --json one document is
    written once it serves.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with existing_lab(folder) as lab, _observed(lab):
            _greet(lab, as_json=as_json)
            with lab.watching(lambda entry: _note(entry, is_quiet=as_json)):
                lab.serve(until=None if parent is None else lambda: is_orphan(parent))
    except KeyboardInterrupt:
        if not as_json:
            click.echo("stopped")


@contextmanager
def _observed(lab: Lab) -> Iterator[None]:
    """Log as the settings say, and show metrics where they name a port."""
    log_to_stderr(lab.settings, lab.parts.given_secrets)
    port = lab.settings.metrics_port
    if port is None:
        yield
        return
    lab.prometheus()  # counted from here on
    with metrics_served(lab.prometheus, lab.settings.metrics_host, port):
        yield


def _greet(lab: Lab, *, as_json: bool) -> None:
    schedules = lab.schedules()
    is_copy = lab.is_copy
    if as_json:
        fires = [
            {"workflow_id": one.workflow_id, "node": one.node, "next_at": iso(one.next_at)}
            for one in schedules
        ]
        facts = {"lab": str(lab.root), "pid": os.getpid(), "copy": is_copy, "schedules": fires}
        write_json(facts)
        return
    active = sum(workflow.is_active for workflow in lab.workflows())
    click.echo(f"serving {lab.root}: {active} active workflows, {len(schedules)} schedules")
    if is_copy:
        click.echo("this lab was copied from another place: schedules do not fire here")
    for schedule in schedules:
        when = local(schedule.next_at) or "never again"
        click.echo(f"  {schedule.workflow_id}.{schedule.node} fires next at {when}")


def _note(entry: Entry, *, is_quiet: bool) -> None:
    event = entry.event
    if is_quiet:
        return
    if isinstance(event, ExecutionStarted):
        told = f"{event.workflow_id} started by {event.trigger}"
    elif isinstance(event, ExecutionFinished):
        told = f"{event.workflow_id} {event.status} in {seconds(event.duration)}"
        told += f": {event.error.title}" if event.error else ""
    else:
        return
    click.echo(f"{local(now_us())}  {entry.execution_id}  {told}")
