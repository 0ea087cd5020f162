"""What became of an execution: shown at the end of `run`, `resume` and `demo`."""

from pathlib import Path
from typing import Any

import msgspec
from rich.text import Text

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.lab import Lab
from flowforge_lab.values import lasted

from .answers import plain, write_json
from .failures import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK
from .screen import shown_path, stdout_console
from .tables import shown
from .words import GLYPHS

_SHOWN_FILES = 10


def outcome_code(outcome: Outcome, *, is_interrupted: bool = False) -> int:
    """Return the exit code of an outcome."""
    if is_interrupted:
        return EXIT_INTERRUPTED
    return EXIT_OK if outcome.status in {"succeeded", "waiting", "paused"} else EXIT_FAILED


def outcome_answer(outcome: Outcome, lab: Lab) -> dict[str, Any]:
    """Return an outcome as JSON values."""
    error = None if outcome.error is None else msgspec.structs.asdict(outcome.error)
    return {
        "execution_id": outcome.execution_id,
        "status": outcome.status,
        "result": plain(outcome.result),
        "error": error,
        "duration": outcome.duration,
        "handled_errors": outcome.handled_errors,
        "artifacts": [str(path) for path in lab.artifacts_of(outcome.execution_id)],
    }


def tell_outcome(outcome: Outcome, lab: Lab, *, as_json: bool) -> None:
    """Write what became of an execution, what it kept, and how to look closer."""
    if as_json:
        write_json(outcome_answer(outcome, lab))
        return
    console = stdout_console()
    console.print(_headline(outcome))
    if outcome.error is not None:
        _tell_error(outcome)
    if outcome.result is not None:
        console.print(shown(outcome.result))
    _tell_files(lab.artifacts_of(outcome.execution_id))
    console.print(Text(f"execution {outcome.execution_id}"))
    console.print(Text(f"look closer: flowforge show {outcome.execution_id}", style="dim"))
    if _can_go_on_in_notebook(outcome, lab):
        how = f"go on from the cell that failed: flowforge notebook resume {outcome.execution_id}"
        console.print(Text(how, style="dim"))


def _can_go_on_in_notebook(outcome: Outcome, lab: Lab) -> bool:
    """Whether a cell failed, and the state before it can be had again."""
    if outcome.error is None or not outcome.error.type.startswith("notebook."):
        return False
    try:
        view = lab.notebooks.resumable(outcome.execution_id)
    except FlowForgeError:  # there is no copy, or it is no notebook any more
        return False
    return view.is_possible and view.first <= view.count


def _headline(outcome: Outcome) -> Text:
    glyph, style = GLYPHS.get(outcome.status, ("·", ""))
    text = f"{glyph} {outcome.status} in {lasted(outcome.duration)}"
    if outcome.handled_errors:
        errors = "an error" if outcome.handled_errors == 1 else f"{outcome.handled_errors} errors"
        text += f", {errors} handled on the way"
    return Text(text, style=f"bold {style}")


def _tell_error(outcome: Outcome) -> None:
    console, error = stdout_console(), outcome.error
    if error is None:
        return
    where = f" at {error.node}" if error.node else ""
    console.print(Text(f"{error.type}{where}: {error.title}", style="red"))
    if error.detail:
        console.print(Text(error.detail, style="dim"))


def _tell_files(files: list[Path]) -> None:
    console = stdout_console()
    for path in files[:_SHOWN_FILES]:
        console.print(Text(f"kept {shown_path(path)}"))
    if len(files) > _SHOWN_FILES:
        console.print(Text(f"… and {len(files) - _SHOWN_FILES} more files", style="dim"))
