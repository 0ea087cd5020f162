"""`flowforge demo`: the whole line once, on real data."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.failures import EXIT_INTERRUPTED
from flowforge_lab.cli.following import LeftError, follow
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option
from flowforge_lab.cli.outcomes import outcome_answer, outcome_code, tell_outcome
from flowforge_lab.cli.receiver import Receiver
from flowforge_lab.cli.screen import program_name, shown_path
from flowforge_lab.cli.starter import make_starter
from flowforge_lab.cli.views import progress_view
from flowforge_lab.engine import Outcome
from flowforge_lab.lab import FOLDER, Lab, open_lab

_WORKFLOW = "report.flow.yaml"


@click.command(
    cls=Command,
    examples=(
        "flowforge demo",
        "flowforge demo flights --month 12",
    ),
)
@click.argument("folder", default="flowforge-demo", type=click.Path(path_type=Path))
@click.option("--month", default=7, show_default=True, type=click.IntRange(1, 12))
@json_option
def command(folder: Path, *, month: int, as_json: bool) -> int:
    """Make a starter folder and run the flights report in it, on 336,776 real flights.

    A small server on this machine takes the summary that the report posts. Files that are in FOLDER
    already are left as they are.
    """
    written = make_starter(folder)
    if not as_json:
        click.echo(f"starter in {shown_path(folder)} ({len(written)} files written)", err=True)
    with open_lab(folder) as lab, Receiver() as receiver:
        inputs = {"month": month, "receiver": receiver.url}
        try:
            outcome, is_interrupted = _run(lab, folder / _WORKFLOW, inputs, is_quiet=as_json)
        except LeftError as left:
            again = f"flowforge resume {left.execution_id} --lab {folder}"
            click.echo(f"left as it is; {again} goes on", err=True)
            return EXIT_INTERRUPTED
        if as_json:
            answer = outcome_answer(outcome, lab)
            write_json({**answer, "folder": str(lab.root), "received": receiver.received})
        else:
            tell_outcome(outcome, lab, as_json=False)
            _tell_what_next(lab, folder, receiver.received)
    return outcome_code(outcome, is_interrupted=is_interrupted)


def _run(
    lab: Lab, workflow: Path, inputs: dict[str, Any], *, is_quiet: bool
) -> tuple[Outcome, bool]:
    view = progress_view(is_quiet=is_quiet)
    with view:
        return follow(lab, lab.start(workflow.absolute(), inputs, on_event=view))


def _tell_what_next(lab: Lab, folder: Path, received: list[Any]) -> None:
    place, program = shown_path(folder), program_name()
    arrived = received[-1].get("headline") if received else "nothing"
    lines = (
        f"the receiver got: {arrived}",
        f"the history lies in {shown_path(lab.root / FOLDER)}",
        "",
        "go on:",
        f"  {program} lab {place}",
        "      opens JupyterLab there, with the editor in the first notebook",
        f"  {program} run {place}/{_WORKFLOW} --input month=12",
        f"  {program} activate {place}/{_WORKFLOW}",
        f"      lets its schedule start it, while `{program} serve --lab {place}` runs",
    )
    click.echo("\n".join(lines))
