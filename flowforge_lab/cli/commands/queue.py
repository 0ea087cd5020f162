"""`flowforge queue`: what is due, held and worked on."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command, Group
from flowforge_lab.cli.options import LENGTH, existing_lab, json_option, lab_for, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.starting import inputs_of, start_options
from flowforge_lab.cli.tables import table_of
from flowforge_lab.services import QueueStats


@click.group(
    cls=Group, examples=("flowforge queue stats", "flowforge queue pause", "flowforge queue drain")
)
def command() -> None:
    """Look at the queue of a lab, put into it, hold it, and work on it."""


@command.command(
    cls=Command,
    examples=(
        "flowforge queue put report.flow.yaml --input month=7",
        "flowforge queue put report --user ann --priority 5 --delay 10m",
    ),
)
@click.argument("workflow")
@start_options
@click.option("--delay", type=LENGTH, default=0.0, help="Hand it out after so long, such as 10m.")
@lab_option
@json_option
def put(
    workflow: str,
    given: tuple[str, ...],
    inputs_json: str | None,
    *,
    folder: Path | None,
    as_json: bool,
    **start: Any,
) -> None:
    """Leave an execution of a workflow to whoever takes it from the queue, and tell its id."""
    with lab_for(folder, workflow) as lab:
        inputs = inputs_of(lab, workflow, given, inputs_json=inputs_json)
        execution_id = lab.queue.put(workflow, inputs, **start)
    if as_json:
        write_json({"execution_id": execution_id, "status": "queued"})
    else:
        click.echo(execution_id)


@command.command(cls=Command, examples=("flowforge queue stats", "flowforge queue stats --json"))
@lab_option
@json_option
def stats(*, folder: Path | None, as_json: bool) -> None:
    """Tell how many executions are ready, run, are delayed, wait, are paused, and failed."""
    with existing_lab(folder) as lab:
        _tell(lab.queue.stats(), as_json=as_json)


@command.command(cls=Command, examples=("flowforge queue state",))
@lab_option
@json_option
def state(*, folder: Path | None, as_json: bool) -> None:
    """Tell whether what is due is handed out: `running` or `paused`."""
    with existing_lab(folder) as lab:
        _tell_state(lab.queue.state(), as_json=as_json)


@command.command(cls=Command, examples=("flowforge queue pause",))
@lab_option
@json_option
def pause(*, folder: Path | None, as_json: bool) -> None:
    """Hand out nothing more, by any host, until `flowforge queue resume`; what runs goes on."""
    with existing_lab(folder) as lab:
        lab.queue.pause()
        _tell_state(lab.queue.state(), as_json=as_json)


@command.command(cls=Command, examples=("flowforge queue resume",))
@lab_option
@json_option
def resume(*, folder: Path | None, as_json: bool) -> None:
    """Hand out again what is due."""
    with existing_lab(folder) as lab:
        lab.queue.resume()
        _tell_state(lab.queue.state(), as_json=as_json)


@command.command(
    cls=Command, examples=("flowforge queue process", "flowforge queue process --json")
)
@lab_option
@json_option
def process(*, folder: Path | None, as_json: bool) -> None:
    """Run the next execution that is due, here, and return when it is over, waits or is paused."""
    with existing_lab(folder) as lab:
        outcome = lab.queue.process()
    if as_json:
        found = outcome and {"execution_id": outcome.execution_id, "status": outcome.status}
        write_json(found)
    else:
        click.echo(f"{outcome.execution_id}  {outcome.status}" if outcome else "nothing is due")


@command.command(
    cls=Command, examples=("flowforge queue drain", "flowforge queue drain --timeout 60")
)
@click.option("--timeout", type=float, metavar="SECONDS", help="Fail when it takes longer.")
@lab_option
@json_option
def drain(*, timeout: float | None, folder: Path | None, as_json: bool) -> None:
    """Wait until nothing is ready or running; hosts and workers do the work."""
    with existing_lab(folder) as lab:
        _tell(lab.queue.drain(timeout=timeout), as_json=as_json)


def _tell(counted: QueueStats, *, as_json: bool) -> None:
    if as_json:
        write_json(counted)
        return
    names = counted.__struct_fields__
    stdout_console().print(table_of(names, [tuple(str(getattr(counted, name)) for name in names)]))


def _tell_state(now: str, *, as_json: bool) -> None:
    if as_json:
        write_json({"state": now})
    else:
        click.echo(now)
