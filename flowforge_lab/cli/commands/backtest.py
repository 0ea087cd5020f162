"""`flowforge backtest`: past executions, tried again in a workflow as it is written now."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress
from rich.text import Text

from flowforge_lab.analysis import Backtest, Case
from flowforge_lab.cli.answers import plain, write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import LENGTH, existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stderr_console, stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import one_line
from flowforge_lab.clock import SystemClock
from flowforge_lab.values import lasted

_COLUMNS = ("execution", "what", "visit", "before", "after")
_CHARS = 50


@click.command(
    cls=Command,
    examples=(
        "flowforge backtest report.flow.yaml",
        "flowforge backtest report.flow.yaml --since 30d --where \"status = 'failed'\"",
        "flowforge backtest report.flow.yaml --ignore stamp --json",
    ),
)
@click.argument("workflow")
@click.option("--since", type=LENGTH, help="Only those started in the last 7d, 12h, ...")
@click.option("--where", default="", help="Only those: a condition in SQL over `executions`.")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most so many, the newest.")
@click.option("--ignore", multiple=True, metavar="NODE", help="Do not compare what NODE gives.")
@click.option("--shown", default=20, show_default=True, help="How many differences are shown.")
@lab_option
@json_option
def command(
    workflow: str, *, folder: Path | None, as_json: bool, shown: int, **wanted: Any
) -> int:
    """Run past executions again in WORKFLOW as it is now, and tell what would be different.

    Steps that act outside are not run: they give what they gave then. Nothing of it is kept. The exit code is
    1 if anything would be different.
    """
    if wanted["since"] is not None:
        wanted["since"] = SystemClock().now() - timedelta(seconds=wanted["since"])
    with existing_lab(folder) as lab, Progress(console=stderr_console(), transient=True) as bar:
        task = bar.add_task("trying", total=None, visible=not as_json)
        found: Backtest = lab.backtest(
            workflow,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
            **wanted,
        )
    write_json(_answer(found)) if as_json else _tell(found, shown)
    return EXIT_FAILED if found.changed else EXIT_OK


def _answer(found: Backtest) -> dict[str, Any]:
    return {
        "workflow_id": found.workflow_id,
        "version": found.version,
        "executions": len(found),
        "same": found.same,
        "changed": found.changed,
        "seconds": found.seconds,
        "recorded_seconds": found.recorded_seconds,
        "cases": [_case(case) for case in found if not case.is_same],
    }


def _case(case: Case) -> dict[str, Any]:
    answer: dict[str, Any] = plain(case)
    return answer


def _tell(found: Backtest, shown: int) -> None:
    console = stdout_console()
    rows = [
        (case.execution_id[-8:], one.what, one.visit, _short(one.before), _short(one.after))
        for case in found
        for one in case.differences
    ]
    if rows:
        console.print(table_of(_COLUMNS, rows[:shown]))
    if len(rows) > shown:
        console.print(Text(f"… {len(rows) - shown:,} more differences", style="dim"))
    for case in found:
        if case.problem:
            console.print(Text(f"✗ {case.execution_id}: {case.problem}", style="red"))
    took = f"{lasted(found.seconds)}; they took {lasted(found.recorded_seconds)}"
    style = "red" if found.changed else "green"
    text = f"{len(found):,} tried in {took}: {found.same:,} the same, {found.changed:,} changed"
    console.print(Text(text, style=style))


def _short(value: Any) -> str:
    return "" if value is None else one_line(str(value), _CHARS)
