"""`flowforge notebook`: schedule, run and go on with notebooks, without drawing anything."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.detached import leave_running, run_nothing_here
from flowforge_lab.cli.failures import EXIT_CONFLICT, EXIT_OK
from flowforge_lab.cli.following import see_through
from flowforge_lab.cli.helped import Command, Group
from flowforge_lab.cli.notebooks import (
    inside,
    line_of,
    plan_facts,
    row_of,
    tell_foreseen,
    tell_view,
)
from flowforge_lab.cli.options import LENGTH, existing_lab, json_option, lab_for, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.templates import template
from flowforge_lab.cli.weaving import export_notebook, import_notebook
from flowforge_lab.cli.words import local
from flowforge_lab.lab import Lab

_COLUMNS = ("id", "notebooks", "cron", "time zone", "next", "last", "missed", "newest run")
_FIELDS = ("name", "type", "default", "what it is")
_notebooks = click.argument("notebooks", nargs=-1, required=True)
_given = click.option(
    "-p",
    "--parameter",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="One value; repeatable.",
)
_given_json = click.option(
    "--parameters-json", metavar="JSON|@FILE", help="Values as one JSON object."
)
_OPTIONS = (
    click.option("-o", "--output", "outputs", multiple=True, help="A variable to bring back."),
    click.option("--kernel", default="", help="A kernel by name; by default the notebook's own."),
    click.option(
        "--html", type=click.Choice(["none", "all", "without_code"]), default="none",
        help="Write the executed copy as a page too.",
    ),
    click.option(
        "--pdf", type=click.Choice(["none", "all", "without_code"]), default="none",
        help="Print the executed copy as a PDF too.",
    ),
    click.option(
        "--effects", type=click.Choice(["none", "reads", "writes"]), default="writes",
        show_default=True, help="What they do outside.",
    ),
    click.option("--timeout", type=LENGTH, help="How long each may take; an hour by default."),
    click.option("--cell-timeout", type=LENGTH, help="How long each cell may take."),
    click.option("--retries", type=click.IntRange(0, 99), default=0, help="Further attempts."),
    click.option(
        "--retry-from", type=click.Choice(["start", "failed_cell"]), default="start",
        show_default=True, help="Where a further attempt begins.",
    ),
    click.option(
        "--keep-kernel", type=LENGTH, help="How long a kernel that failed stays, to look into it."
    ),
)  # fmt: skip


def _with_options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group(
    cls=Group,
    examples=(
        'flowforge notebook schedule report.ipynb --cron "0 8 * * 1-5" --tz Europe/Berlin -p region=EU',
        "flowforge notebook list",
        "flowforge notebook run report.ipynb -p region=EU",
        "flowforge notebook resume 019a2b3c",
        "flowforge notebook import report.ipynb --check",
        "flowforge notebook template failures",
    ),
)
def command() -> None:
    """Schedule, run and go on with notebooks; each becomes a workflow that can be opened and changed."""


command.add_command(import_notebook, "import")
command.add_command(export_notebook, "export")
command.add_command(template)


@command.command(
    "parameters",
    cls=Command,
    examples=("flowforge notebook parameters report.ipynb --json",),
)
@click.argument("notebook")
@lab_option
@json_option
def parameters(notebook: str, *, folder: Path | None, as_json: bool) -> None:
    """Show what NOTEBOOK takes and which variables it sets; no kernel is started."""
    with lab_for(folder, notebook) as lab:
        shape = lab.notebooks.parameters(inside(notebook))
    if as_json:
        write_json(shape)
        return
    rows = [
        (one.name, one.type, one.written, one.help or ", ".join(map(str, one.choices)))
        for one in shape.parameters
    ]
    if rows:
        stdout_console().print(table_of(_FIELDS, rows))
    if shape.note:
        click.echo(shape.note)
    click.echo(f"kernel {shape.kernel}, {shape.cells} code cells")
    click.echo(f"sets {', '.join(shape.variables) or 'no variables'}")


@command.command(
    "schedule",
    cls=Command,
    examples=(
        'flowforge notebook schedule report.ipynb --cron "0 8 * * 1-5" -p region=EU --retries 2',
        'flowforge notebook schedule report.ipynb --cron "@daily" --on-failure email:ann@example.org',
        'flowforge notebook schedule load.ipynb report.ipynb --cron "@daily" --missed all',
        'flowforge notebook schedule report.ipynb --cron "0 9 * * 1-5" --replace',
        'flowforge notebook schedule report.ipynb --cron "0 9 * * 1-5" --dry-run',
    ),
)
@_notebooks
@click.option("--cron", required=True, help="When: a cron line, or a word such as @daily.")
@click.option("--tz", "timezone", default="", help="The time zone; by default the lab's.")
@_given
@_given_json
@click.option(
    "--on-failure",
    multiple=True,
    metavar="PLACE",
    help="Whom to tell: email:ADDRESS, telegram:CHAT, webhook:URL or log; repeatable.",
)
@click.option("--via", default="", help="The connection that mails and messages go by.")
@click.option(
    "--missed",
    type=click.Choice(["none", "last", "all"]),
    default="last",
    show_default=True,
    help="Which of the times that no host was up for run later.",
)
@_with_options
@click.option("--id", "workflow_id", default="", help="The id of the workflow.")
@click.option("--replace", is_flag=True, help="Take the place of the workflow with its id.")
@click.option(
    "--dry-run", is_flag=True, help="Say when it would run, or what is wrong; write nothing."
)
@lab_option
@json_option
def schedule(  # noqa: PLR0913  # one parameter an option
    notebooks: tuple[str, ...],
    *,
    given: tuple[str, ...],
    parameters_json: str | None,
    on_failure: tuple[str, ...],
    workflow_id: str,
    replace: bool,
    dry_run: bool,
    folder: Path | None,
    as_json: bool,
    **facts: Any,
) -> None:
    """Run NOTEBOOKS, one after the other, at the times of a cron line.

    They become a workflow: a file in the lab's folder that the editor opens. It fires while `flowforge
    serve` or `flowforge lab` runs, whether or not JupyterLab is open.
    """
    with lab_for(folder, notebooks[0]) as lab:
        paths = [inside(one) for one in notebooks]
        told = plan_facts(lab, paths, given, parameters_json=parameters_json, facts=facts)
        told |= {"on_failure": on_failure, "id": workflow_id}
        if dry_run:
            tell_foreseen(lab.notebooks.foresee(paths, **told), as_json=as_json)
            return
        found = lab.notebooks.schedule(paths, replace=replace, **told)
    if as_json:
        write_json(line_of(found))
        return
    click.echo(f"{found.id} is active, and runs {', '.join(found.notebooks)}")
    click.echo(f"  next at {local(found.next_at) or 'no time'}")
    click.echo("it fires while `flowforge serve` or `flowforge lab` runs", err=True)


@command.command("list", cls=Command, examples=("flowforge notebook list --json",))
@lab_option
@json_option
def list_all(*, folder: Path | None, as_json: bool) -> None:
    """List the notebooks that run at set times, the next first."""
    with existing_lab(folder) as lab:
        found = lab.notebooks.all()
    if as_json:
        write_json([line_of(one) for one in found])
    elif not found:
        click.echo("no notebook is scheduled; `flowforge notebook schedule` does it")
    else:
        stdout_console().print(table_of(_COLUMNS, [row_of(one) for one in found]))


@command.command(
    "unschedule",
    cls=Command,
    examples=(
        "flowforge notebook unschedule report_notebook",
        "flowforge notebook unschedule report_notebook --delete",
    ),
)
@click.argument("id")
@click.option("--delete", is_flag=True, help="Delete the workflow's file too; its history stays.")
@lab_option
@json_option
def unschedule(id: str, *, delete: bool, folder: Path | None, as_json: bool) -> None:
    """Stop a scheduled notebook from being started. ID is that of its workflow."""
    with existing_lab(folder) as lab:
        stopped = lab.notebooks.unschedule(id, delete=delete)
    if as_json:
        write_json({"id": stopped, "active": False, "deleted": delete})
    else:
        click.echo(f"{stopped} is not started any more")


@command.command(
    "run",
    cls=Command,
    examples=(
        "flowforge notebook run report.ipynb -p region=EU -o summary",
        "flowforge notebook run load.ipynb report.ipynb --timeout 10m --html without_code",
    ),
)
@_notebooks
@_given
@_given_json
@_with_options
@click.option("--detach", is_flag=True, help="Start it in the background and return its id.")
@click.option("--no-progress", is_flag=True, help="Show the result only.")
@lab_option
@json_option
def run(  # noqa: PLR0913  # one parameter an option
    notebooks: tuple[str, ...],
    *,
    given: tuple[str, ...],
    parameters_json: str | None,
    detach: bool,
    no_progress: bool,
    folder: Path | None,
    as_json: bool,
    **facts: Any,
) -> int:
    """Run NOTEBOOKS once, one after the other, with history and executed copies."""
    with lab_for(folder, notebooks[0]) as lab:
        paths = [inside(one) for one in notebooks]
        told = plan_facts(lab, paths, given, parameters_json=parameters_json, facts=facts)
        if detach:
            run_nothing_here(lab)
        begun = lab.notebooks.start(paths, **told)
        return _seen(lab, begun, detach=detach, is_quiet=no_progress, as_json=as_json)


@command.command(
    "page",
    cls=Command,
    examples=(
        "flowforge notebook page 019a2b3c",
        "flowforge notebook page 019a2b3c report.pdf --without-code",
    ),
)
@click.argument("execution")
@click.argument("file", default="notebook.html", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--node", default="", help="The node, where several notebooks ran.")
@click.option("--without-code", is_flag=True, help="Only what the cells gave.")
@lab_option
@json_option
def page(
    execution: str,
    file: Path,
    *,
    node: str,
    without_code: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Write the executed notebook of EXECUTION as a FILE, also one that failed or still runs.

    It is HTML, or a PDF if the FILE ends in .pdf.
    """
    with existing_lab(folder) as lab:
        path = lab.notebooks.page(execution, file, node=node, has_code=not without_code)
    if as_json:
        write_json({"file": str(path)})
    else:
        click.echo(path)


@command.command(
    "resume",
    cls=Command,
    examples=(
        "flowforge notebook resume 019a2b3c --dry-run",
        "flowforge notebook resume 019a2b3c",
    ),
)
@click.argument("execution")
@click.option(
    "--dry-run", is_flag=True, help="Say which cells would run, and what stands in the way."
)
@click.option("--version", default="same", help="The workflow's: same, newest, a label, a digest.")
@click.option("--detach", is_flag=True, help="Start it in the background and return its id.")
@click.option("--no-progress", is_flag=True, help="Show the result only.")
@lab_option
@json_option
def resume(  # noqa: PLR0913  # one parameter an option
    execution: str,
    *,
    dry_run: bool,
    version: str,
    detach: bool,
    no_progress: bool,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Go on from the cell in which the notebook of EXECUTION failed, as a new execution.

    Cells before it keep their outputs; those that later ones need run again, if that is proven to be
    harmless. The notebook is read as it is now: mend the cell first.
    """
    with existing_lab(folder) as lab:
        view = lab.notebooks.resumable(execution)
        if dry_run:
            tell_view(view, as_json=as_json)
            return EXIT_OK if view.is_possible else EXIT_CONFLICT
        if detach:
            run_nothing_here(lab)
        begun = lab.notebooks.resume(view.execution_id, version=version)
        return _seen(lab, begun, detach=detach, is_quiet=no_progress, as_json=as_json)


def _seen(lab: Lab, execution_id: str, *, detach: bool, is_quiet: bool, as_json: bool) -> int:
    if detach:
        return leave_running(lab, execution_id, as_json=as_json)
    return see_through(lab, execution_id, _nothing, is_quiet=is_quiet, as_json=as_json)


def _nothing() -> None:
    """Do nothing: it runs already."""
