"""`flowforge pause`: let nothing new start in an execution, wherever it runs."""

import time
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.clock import SystemClock
from flowforge_lab.lab import Lab

_LOOK_SECONDS = 0.05


@click.command(
    cls=Command,
    examples=(
        "flowforge pause 019a2b3c",
        'flowforge pause 019a2b3c --reason "the other side is down" --wait 60',
    ),
)
@click.argument("execution")
@click.option("--reason", default="", help="Why, for the history.")
@click.option(
    "--wait", "patience", default=5.0, show_default=True, help="Seconds to wait for what runs."
)
@lab_option
@json_option
def command(
    execution: str, *, reason: str, patience: float, folder: Path | None, as_json: bool
) -> None:
    """Let nothing new start in an execution. EXECUTION is an id or the start of one.

    What runs finishes, then it is parked as paused: no timer and no restart wakes it, only
    `flowforge unpause` and `flowforge cancel` do. One that is over is left as it is (exit code 4).
    """
    with existing_lab(folder) as lab:
        head = lab.get(execution)
        lab.pause(head.id, reason=reason)
        status = _settled(lab, head.id, patience)
    if as_json:
        write_json({"execution_id": head.id, "status": status})
    elif status == "running":
        click.echo(f"{head.id}  running; paused once what runs is finished")
    else:
        click.echo(f"{head.id}  {status}")


def _settled(lab: Lab, execution_id: str, patience: float) -> str:
    """Return the status once nothing runs, or as it is after some seconds."""
    clock = SystemClock()
    ends_at = clock.monotonic() + patience
    status = lab.get(execution_id).status
    while status in {"running", "waiting"} and clock.monotonic() < ends_at:
        time.sleep(_LOOK_SECONDS)  # noqa: TID251  # a command of its own waits in its own thread
        status = lab.get(execution_id).status
    return status
