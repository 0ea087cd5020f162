"""`flowforge decide`: what becomes of steps that a crash cut off and that ask."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.lab import Lab
from flowforge_lab.services import Decision


@click.command(
    cls=Command,
    examples=(
        "flowforge decide",
        "flowforge decide 019a2b3c rerun",
        "flowforge decide 019a2b3c fail --visit 4",
    ),
)
@click.argument("execution", required=False, default="")
@click.argument("decision", required=False, type=click.Choice(("rerun", "fail")))
@click.option("--visit", default=0, type=click.IntRange(0), help="Only this visit; else all.")
@lab_option
@json_option
def command(
    execution: str, decision: Decision | None, *, visit: int, folder: Path | None, as_json: bool
) -> None:
    """List the steps that a crash cut off and that ask (`on_crash: ask`), or decide about them.

    Without arguments it lists them. A step that may run again gets the same idempotency key. The execution
    is followed to its end or to its next wait.
    """
    with existing_lab(folder) as lab:
        if not execution:
            _tell_asking(lab, as_json=as_json)
            return
        if decision is None:
            msg = "say what becomes of it: rerun or fail"
            raise click.UsageError(msg)
        head = lab.get(execution)
        lab.decide(head.id, decision, visit=visit)
        outcome = lab.wait(head.id, is_patient=False)
        asking = sum(one.execution_id == head.id for one in lab.crashed())
    if as_json:
        told = {"execution_id": head.id, "decision": decision, "status": outcome.status}
        write_json({**told, "asking": asking})
        return
    click.echo(f"{head.id}  {outcome.status}")
    if asking:
        click.echo("1 step still asks" if asking == 1 else f"{asking} steps still ask", err=True)


def _tell_asking(lab: Lab, *, as_json: bool) -> None:
    asking = lab.crashed()
    if as_json:
        write_json(asking)
    elif not asking:
        click.echo("nothing asks")
    else:
        rows = [(one.execution_id, one.workflow_id, one.node, one.visit) for one in asking]
        stdout_console().print(table_of(("execution", "workflow", "node", "visit"), rows))
