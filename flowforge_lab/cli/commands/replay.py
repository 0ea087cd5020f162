"""`flowforge replay`: the states of an execution, computed from its journal."""

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from flowforge_lab.cli.answers import plain, write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import one_line
from flowforge_lab.services import Replay, ReplayedState

_COLUMNS = ("seq", "event", "node", "status", "open", "waiting", "variables")


@click.command(
    cls=Command,
    examples=(
        "flowforge replay 019a2b3c",
        "flowforge replay 019a2b3c --json",
    ),
)
@click.argument("execution")
@lab_option
@json_option
def command(execution: str, *, folder: Path | None, as_json: bool) -> int:
    """Compute every state of an execution from its journal; no node runs.

    Tells whether the journal comes to what is stored of the execution (exit code 1 if not).
    """
    with existing_lab(folder) as lab:
        replayed = lab.replay(execution)
    if as_json:
        write_json(_answer(replayed))
    else:
        _tell(replayed)
    return EXIT_OK if replayed.matches else EXIT_FAILED


def _answer(replayed: Replay) -> dict[str, Any]:
    return {
        "execution_id": replayed.execution_id,
        "matches": replayed.matches,
        "differences": list(replayed.differences),
        "states": [plain(state) for state in replayed],
    }


def _tell(replayed: Replay) -> None:
    console = stdout_console()
    console.print(table_of(_COLUMNS, map(_row, replayed)))
    for difference in replayed.differences:
        console.print(Text(f"✗ {difference}", style="red"))
    if replayed.matches:
        console.print(Text("✓ the journal comes to what is stored", style="green"))


def _row(state: ReplayedState) -> tuple[Any, ...]:
    variables = ", ".join(f"{name}={value!r}" for name, value in state.variables.items())
    opened = ", ".join(state.open_visits.values())
    told = (state.seq, state.event, state.node, state.status, one_line(opened, 60), state.waiting)
    return (*told, one_line(variables, 60))
