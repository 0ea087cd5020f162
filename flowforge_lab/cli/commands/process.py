"""`flowforge process`: how the executions of a workflow really went."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import plain_rows, write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import LENGTH, existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import shown_path, stdout_console
from flowforge_lab.cli.tables import rows_table
from flowforge_lab.clock import SystemClock
from flowforge_lab.services import Process

_TABLES = ("variants", "edges", "bottlenecks", "loops", "conformance")
_FILES = {"picture": ".svg", "xes": ".xes", "ocel": ".ocel.json"}


@click.command(
    cls=Command,
    examples=(
        "flowforge process report.flow.yaml",
        "flowforge process report.flow.yaml bottlenecks --since 30d --json",
        "flowforge process report.flow.yaml picture --output report.svg",
        "flowforge process report.flow.yaml xes",
    ),
)
@click.argument("workflow")
@click.argument("what", type=click.Choice([*_TABLES, *_FILES]), default="variants")
@click.option("--since", type=LENGTH, help="Only executions of the last 7d, 12h, ...")
@click.option("--where", default="", help="Only those: a condition in SQL over `executions`.")
@click.option("--output", type=click.Path(path_type=Path), help="The file of a picture or a log.")
@lab_option
@json_option
def command(
    workflow: str,
    what: str,
    *,
    output: Path | None,
    folder: Path | None,
    as_json: bool,
    **wanted: Any,
) -> int:
    """Tell how the executions of WORKFLOW really went, beside the graph that it is now.

    WHAT is a table (variants, edges, bottlenecks, loops, conformance) or a file: a picture of the graph with
    counts and times, or a log for tools of process mining (xes, ocel). `conformance` exits with 1 where
    something was done that is not drawn.
    """
    if wanted["since"] is not None:
        wanted["since"] = SystemClock().now() - timedelta(seconds=wanted["since"])
    with existing_lab(folder) as lab:
        process: Process = lab.process(workflow, **wanted)
        if what in _FILES:
            target = output or Path(f"{process.workflow.id}{_FILES[what]}")
            _write(process, what, target)
            write_json({"file": str(target)}) if as_json else click.echo(shown_path(target))
            return EXIT_OK
        frame = getattr(process, what)()
    rows = plain_rows(frame)
    if as_json:
        write_json(rows)
    else:
        stdout_console().print(rows_table(rows, len(rows), list(frame.columns)))
    return EXIT_FAILED if what == "conformance" and not frame.fits.all() else EXIT_OK


def _write(process: Process, what: str, target: Path) -> None:
    if what == "picture":
        target.write_text(process.picture(), encoding="utf-8")
    elif what == "xes":
        process.to_xes(target)
    else:
        process.to_ocel(target)
