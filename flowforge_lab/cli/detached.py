"""Processes of our own that live on their own or beside this one."""

import subprocess
import sys

import click

from flowforge_lab.lab import Lab

from .answers import write_json
from .failures import EXIT_OK


def program(*arguments: str) -> list[str]:
    """Return the command line that runs this program with `arguments`."""
    return [sys.executable, "-m", "flowforge_lab.cli", *arguments]


def run_nothing_here(lab: Lab) -> None:
    """Leave what begins or goes on in a lab to other processes, since this one ends before it would."""
    lab.parts.executions.is_queueing = True


def leave_running(lab: Lab, execution_id: str, *, as_json: bool) -> int:
    """Tell of an execution, and go on with it in a process that outlives this one and its terminal.

    It must not have begun here: what a process that ends has under way counts as cut off by a crash.
    """
    status = lab.get(execution_id).status
    lab.close()
    subprocess.Popen(  # noqa: S603  # our own program
        program("resume", execution_id, "--no-progress", "--lab", str(lab.root)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if as_json:
        write_json({"execution_id": execution_id, "status": status})
    else:
        click.echo(execution_id)
        click.echo(f"in the background; look at it: flowforge show {execution_id}", err=True)
    return EXIT_OK
