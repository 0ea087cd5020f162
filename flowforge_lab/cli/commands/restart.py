"""`flowforge restart`: start an execution anew, as a whole or from a step."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.detached import leave_running, run_nothing_here
from flowforge_lab.cli.following import see_through
from flowforge_lab.cli.given import json_pairs, pair, read_object
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.lab import Lab


@click.command(
    cls=Command,
    examples=(
        "flowforge restart 019a2b3c",
        "flowforge restart 019a2b3c --version newest --input month=8",
        "flowforge restart 019a2b3c --from send --output 'summary={\"value\": 3}'",
        "flowforge restart 019a2b3c --fork --from 4 --variable limit=10",
    ),
)
@click.argument("execution")
@click.option("--from", "step", metavar="STEP", help="A node, or the number of a visit.")
@click.option("--fork", is_flag=True, help="Also where the execution still runs; needs --from.")
@click.option(
    "--version", default="same", show_default=True, help="same, newest, a label, or a digest."
)
@click.option(
    "-i",
    "--input",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another input; repeatable.",
)
@click.option("--inputs-json", metavar="JSON|@FILE", help="Other inputs as one JSON object.")
@click.option(
    "--variable", multiple=True, metavar="NAME=JSON", help="Another variable of the execution."
)
@click.option(
    "--output", multiple=True, metavar="NODE=JSON|@FILE", help="Other outputs of an earlier node."
)
@click.option(
    "--pin", multiple=True, metavar="NODE=JSON|@FILE", help="Outputs instead of running a node."
)
@click.option("--detach", is_flag=True, help="Start it in the background and return its id.")
@click.option("--no-progress", is_flag=True, help="Show the result only.")
@lab_option
@json_option
def command(  # noqa: PLR0913  # one parameter an option
    execution: str,
    *,
    step: str | None,
    fork: bool,
    version: str,
    detach: bool,
    no_progress: bool,
    folder: Path | None,
    as_json: bool,
    **given: Any,
) -> int:
    """Start an execution anew, with the same inputs. EXECUTION is an id or the start of one.

    With --from, what does not depend on that step is taken over and all the rest is run. A step in
    the body of a loop cannot be begun at: the loop around it is.
    """
    if fork and step is None:
        msg = "--fork needs --from: the visit to begin at"
        raise click.UsageError(msg)
    place: Any = int(step) if step is not None and step.isdigit() else step
    with existing_lab(folder) as lab:
        head = lab.get(execution)
        changes = _changes(lab, head.workflow_id, **given)
        if detach:
            run_nothing_here(lab)
        if fork:
            anew = lab.fork(head.id, place, version=version, **changes)
        else:
            anew = lab.restart(head.id, from_step=place, version=version, **changes)
        if detach:
            return leave_running(lab, anew, as_json=as_json)
        return see_through(lab, anew, _nothing, is_quiet=no_progress, as_json=as_json)


def _changes(  # noqa: PLR0913  # one parameter an option
    lab: Lab,
    workflow_id: str,
    *,
    given: tuple[str, ...],
    inputs_json: str | None,
    variable: tuple[str, ...],
    output: tuple[str, ...],
    pin: tuple[str, ...],
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    inputs = read_object(inputs_json, "--inputs-json")
    if given:
        inputs |= lab.text_inputs(workflow_id, dict(pair(text) for text in given))
    if inputs:
        changes["inputs"] = inputs
    if pin:
        changes["pins"] = json_pairs(pin, "--pin")
    return {
        **changes,
        "variables": json_pairs(variable, "--variable"),
        "outputs": json_pairs(output, "--output"),
    }


def _nothing() -> None:
    """Do nothing: it runs already."""
