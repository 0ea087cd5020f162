"""Waiting for an execution at a keyboard: Ctrl+C once asks it to stop, twice leaves it for later."""

import click

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import ConflictError
from flowforge_lab.lab import Lab


class LeftError(Exception):
    """The person went away; the execution lies in the journal and can be resumed."""

    def __init__(self, execution_id: str) -> None:
        super().__init__(execution_id)
        self.execution_id = execution_id


def follow(lab: Lab, execution_id: str) -> tuple[Outcome, bool]:
    """Return what became of an execution, and whether it was interrupted from the keyboard.

    Raises:
        LeftError: interrupted twice.
    """
    try:
        return lab.wait(execution_id), False
    except KeyboardInterrupt:
        click.echo("stopping it; Ctrl+C again leaves it as it is", err=True)
    try:
        _cancel(lab, execution_id)
        return lab.wait(execution_id), True
    except KeyboardInterrupt as interrupt:
        raise LeftError(execution_id) from interrupt


def _cancel(lab: Lab, execution_id: str) -> None:
    try:
        lab.cancel(execution_id, reason="interrupted from the keyboard")
    except ConflictError:
        return  # it ended meanwhile: its outcome says how
