"""Waiting for an execution at a keyboard: Ctrl+C once asks it to stop, twice leaves it for later."""

from collections.abc import Callable

import click

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import ConflictError
from flowforge_lab.lab import Lab

from .failures import EXIT_INTERRUPTED
from .outcomes import outcome_code, tell_outcome
from .progress import Progress
from .views import progress_view

_BEGUN = ("running", "waiting", "paused")
_SHOWN = 3


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
    _tell_turn(lab, execution_id)
    try:
        return lab.wait(execution_id), False
    except KeyboardInterrupt:
        click.echo("stopping it; Ctrl+C again leaves it as it is", err=True)
    try:
        _cancel(lab, execution_id)
        return lab.wait(execution_id), True
    except KeyboardInterrupt as interrupt:
        raise LeftError(execution_id) from interrupt


def _tell_turn(lab: Lab, execution_id: str) -> None:
    """Say what a queued execution waits for."""
    queued = lab.get(execution_id)
    if queued.status != "queued":
        return
    ahead = [
        head.id
        for head in lab.heads(workflow_id=queued.workflow_id, status=_BEGUN, limit=_SHOWN)
        if head.slot == queued.slot
    ]
    behind = f" behind {', '.join(ahead)}" if ahead else ""
    click.echo(
        f"queued{behind}: it runs when it is its turn; what a dead process left goes on before it",
        err=True,
    )


def see_through(
    lab: Lab, execution_id: str, begin: Callable[[], object], *, is_quiet: bool, as_json: bool
) -> int:
    """Let an execution go on by `begin`, show how it goes, tell what became of it; return the exit code."""
    past = Progress(lab.entries(execution_id))
    view = progress_view(is_quiet=is_quiet or as_json, progress=past)
    try:
        with view, lab.watching(view, execution_id):
            begin()
            outcome, is_interrupted = follow(lab, execution_id)
    except LeftError:
        click.echo(f"left as it is; flowforge resume {execution_id} goes on", err=True)
        return EXIT_INTERRUPTED
    tell_outcome(outcome, lab, as_json=as_json)
    return outcome_code(outcome, is_interrupted=is_interrupted)


def see_to_callers(lab: Lab, execution_id: str) -> list[Outcome]:
    """Go on with those that waited for an execution, to their end or next wait; the nearest first."""
    outcomes: list[Outcome] = []
    caller = lab.get(execution_id).parent
    while caller and lab.resume(caller):
        outcomes.append(lab.wait(caller, is_patient=False))
        caller = lab.get(caller).parent
    return outcomes


def _cancel(lab: Lab, execution_id: str) -> None:
    try:
        lab.cancel(execution_id, reason="interrupted from the keyboard")
    except ConflictError:
        return  # it ended meanwhile: its outcome says how
