"""`flowforge debug`: stop a workflow at breakpoints, look, change, go on."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK, as_plain
from flowforge_lab.cli.given import pair, read_object
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_for, lab_option
from flowforge_lab.cli.prompting import QUIT, obey, wait, word_of
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import shown
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.lab import Debugger, Lab

_OVER = ("succeeded", "failed", "cancelled")


@click.command(
    cls=Command,
    examples=(
        "flowforge debug report.flow.yaml",
        "flowforge debug report.flow.yaml --break send --break 'summary:input.rows > 10'",
        "flowforge debug --attach 019a2b3c",
        "echo continue | flowforge debug report.flow.yaml --json",
    ),
)
@click.argument("workflow", required=False, default="")
@click.option("--attach", metavar="EXECUTION", help="Debug this execution instead of a new one.")
@click.option(
    "-b",
    "--break",
    "stops",
    multiple=True,
    metavar="NODE[:CONDITION]",
    help="Stop before this node; repeatable. Without any it stops behind the trigger.",
)
@click.option(
    "-i", "--input", "given", multiple=True, metavar="NAME=VALUE", help="An input; repeatable."
)
@click.option("--inputs-json", metavar="JSON|@FILE", help="All inputs as one JSON object.")
@lab_option
@json_option
def command(
    workflow: str,
    *,
    attach: str | None,
    stops: tuple[str, ...],
    folder: Path | None,
    as_json: bool,
    **given: Any,
) -> int:
    """Run a workflow under a debugger. WORKFLOW is a file or an id; `help` lists what it understands.

    Only this execution stops. Ctrl+C pauses it, `quit` leaves it as it stands; `flowforge unpause`
    lets it go on. With --json commands are read from stdin, and each answer is one line.
    """
    if bool(workflow) == bool(attach):
        msg = "give a WORKFLOW, or --attach EXECUTION"
        raise click.UsageError(msg)
    breakpoints = dict(_stop(text) for text in stops)
    with lab_for(folder, workflow) if workflow else existing_lab(folder) as lab:
        if attach:
            session = lab.debugger(attach)
            if breakpoints:
                session.breakpoints = {**session.breakpoints, **breakpoints}
        else:
            session = lab.debug(
                workflow, _inputs(lab, workflow, **given), breakpoints=breakpoints or None
            )
        return _talk(session, as_json=as_json)


def _inputs(
    lab: Lab, workflow: str, *, given: tuple[str, ...], inputs_json: str | None
) -> dict[str, Any]:
    texts = dict(pair(text) for text in given)
    return {**read_object(inputs_json, "--inputs-json"), **lab.text_inputs(workflow, texts)}


def _stop(text: str) -> tuple[str, str]:
    node, _, condition = text.partition(":")
    return node.strip(), condition.strip()


def _talk(session: Debugger, *, as_json: bool) -> int:
    _tell(_patiently(session, None), as_json=as_json)
    for line in _lines(as_json=as_json):
        try:
            _tell(_patiently(session, line), as_json=as_json)
        except (FlowForgeError, click.UsageError) as error:
            _tell({"error": as_plain(error)["message"]}, as_json=as_json)
        if word_of(line) == QUIT or session.status in _OVER:
            break
    status = session.status
    if status == "paused" and not as_json:
        click.echo(f"left paused; flowforge unpause {session.execution_id} lets it go on")
    return EXIT_OK if status in {"succeeded", "paused"} else EXIT_FAILED


def _patiently(session: Debugger, line: str | None) -> Any:
    """Return the answer to a line; Ctrl+C while it runs pauses the execution."""
    try:
        return wait(session) if line is None else obey(session, line)
    except KeyboardInterrupt:
        session.pause()
        return wait(session)


def _lines(*, as_json: bool) -> Iterator[str]:
    """Yield what is typed, until there is no more."""
    while True:
        if not as_json and sys.stdin.isatty():
            click.echo("(debug) ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        yield line.strip()


def _tell(answer: Any, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    console = stdout_console()
    for name, value in answer.items():
        if value not in (None, [], {}):
            console.print(f"{name}:", end=" " if isinstance(value, str) else "\n", style="bold")
            console.print(shown(value))
