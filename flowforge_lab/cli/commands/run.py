"""`flowforge run`: start a workflow, show how it goes, and tell what became of it."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.detached import leave_running, run_nothing_here
from flowforge_lab.cli.failures import EXIT_INTERRUPTED
from flowforge_lab.cli.following import LeftError, follow
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import LENGTH, json_option, lab_for, lab_option
from flowforge_lab.cli.outcomes import outcome_code, tell_outcome
from flowforge_lab.cli.starting import inputs_of, start_options
from flowforge_lab.cli.views import progress_view
from flowforge_lab.lab import Lab


@click.command(
    cls=Command,
    examples=(
        "flowforge run report.flow.yaml",
        "flowforge run report.flow.yaml --input month=7",
        "flowforge run report.flow.yaml --inputs-json '{\"month\": 7}' --json",
        "flowforge run report --trigger nightly --detach",
        "flowforge run report.flow.yaml --until summary",
        "flowforge run report --user ann --priority 5",
        "flowforge run invoices --key 2026-07 --key-window 30d",
    ),
)
@click.argument("workflow")
@start_options
@click.option(
    "--key-window", type=LENGTH, help="For how long the key holds, such as 1h; for ever without."
)
@click.option(
    "--with-pins", is_flag=True, help="Let pinned outputs stand for running their nodes."
)
@click.option("--until", default="", metavar="NODE", help="End behind this node: run to here.")
@click.option("--detach", is_flag=True, help="Start it in the background and return its id.")
@click.option("--no-progress", is_flag=True, help="Show the result only.")
@lab_option
@json_option
def command(  # noqa: PLR0913  # one parameter an option
    workflow: str,
    given: tuple[str, ...],
    inputs_json: str | None,
    *,
    with_pins: bool,
    until: str,
    key_window: float | None,
    detach: bool,
    no_progress: bool,
    folder: Path | None,
    as_json: bool,
    **start: Any,
) -> int:
    """Run a workflow and show how it goes. WORKFLOW is a file or the id of a workflow the lab knows.

    A --key that was used before for this workflow starts nothing (exit code 4); the error names the
    execution. Ctrl+C once asks the execution to stop; twice leaves it for `flowforge resume`. Progress
    goes to stderr, the result to stdout.
    """
    with lab_for(folder, workflow) as lab:
        inputs = inputs_of(lab, workflow, given, inputs_json=inputs_json)
        start |= {"with_pins": with_pins, "until": until, "key_window": key_window}
        if detach:
            run_nothing_here(lab)
            return leave_running(lab, lab.start(workflow, inputs, **start), as_json=as_json)
        view = progress_view(is_quiet=no_progress or as_json)
        try:
            with view:
                execution_id = lab.start(workflow, inputs, on_event=view, **start)
                outcome, is_interrupted = follow(lab, execution_id)
        except LeftError as left:
            click.echo(f"left as it is; flowforge resume {left.execution_id} goes on", err=True)
            return EXIT_INTERRUPTED
        tell_outcome(outcome, lab, as_json=as_json)
        _tell_unreached(lab, execution_id, until)
        return outcome_code(outcome, is_interrupted=is_interrupted)


def _tell_unreached(lab: Lab, execution_id: str, until: str) -> None:
    if until and until not in {step.node for step in lab.steps_of(execution_id)}:
        click.echo(f"{until} was not reached: no branch led there", err=True)
