"""`flowforge resume`: go on with executions that a crash or a person left."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.following import see_through
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.outcomes import outcome_answer, outcome_code
from flowforge_lab.engine import Outcome
from flowforge_lab.lab import CRASH_PATIENCE_SECONDS, Lab


@click.command(
    cls=Command,
    examples=(
        "flowforge resume",
        "flowforge resume 019a2b3c",
        "flowforge resume --all --json",
    ),
)
@click.argument("execution", required=False, default="")
@click.option("--all", "is_all", is_flag=True, help="Go on with every execution that is due.")
@click.option("--no-progress", is_flag=True, help="Show the result only.")
@lab_option
@json_option
def command(
    execution: str, *, is_all: bool, no_progress: bool, folder: Path | None, as_json: bool
) -> int:
    """Go on with an execution from its last finished step. EXECUTION is an id or the start of one.

    Without EXECUTION, or with --all, it takes every execution that is due: cut off by a
    crash, or past the time it waited for; each is followed to its end or to its next wait, and so is
    whatever becomes due by that, such as the caller of a sub-workflow. One that another process runs is
    waited for, not run twice.
    """
    with existing_lab(folder) as lab:
        if execution and not is_all:
            return _one(lab, execution, is_quiet=no_progress or as_json, as_json=as_json)
        return _all(lab, as_json=as_json)


def _one(lab: Lab, execution: str, *, is_quiet: bool, as_json: bool) -> int:
    head = lab.get(execution)
    return see_through(
        lab, head.id, lambda: lab.resume(head.id), is_quiet=is_quiet, as_json=as_json
    )


def _all(lab: Lab, *, as_json: bool) -> int:
    found: dict[str, Outcome] = {}
    due = _due(lab, patience=CRASH_PATIENCE_SECONDS)
    while due:
        found |= _see_to(lab, due)
        due = _due(lab)
    outcomes = list(found.values())
    if as_json:
        write_json([outcome_answer(outcome, lab) for outcome in outcomes])
    elif not outcomes:
        click.echo("nothing is due")
    else:
        for outcome in outcomes:
            click.echo(f"{outcome.execution_id}  {outcome.status}")
    is_well = all(outcome_code(outcome) == EXIT_OK for outcome in outcomes)
    return EXIT_OK if is_well else EXIT_FAILED


def _due(lab: Lab, *, patience: float = 0.0) -> list[str]:
    return [found.execution_id for found in lab.due(patience=patience)]


def _see_to(lab: Lab, due: list[str]) -> dict[str, Outcome]:
    for execution_id in due:
        lab.resume(execution_id)
    return {execution_id: lab.wait(execution_id, is_patient=False) for execution_id in due}
