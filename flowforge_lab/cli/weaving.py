"""`flowforge notebook import` and `export`: a notebook as a workflow, and the other way, with a report."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.lab import Lab
from flowforge_lab.services import CellRemark, NotebookCheck, NotebookImport

from .answers import write_json
from .failures import EXIT_CONFLICT, EXIT_OK
from .helped import Command
from .notebooks import inside, plan_facts
from .options import json_option, lab_for, lab_option
from .screen import stdout_console
from .tables import table_of

_SUFFIX = ".flow.yaml"
_NODES = ("node", "cells", "takes", "gives")


@click.command(
    cls=Command,
    examples=(
        "flowforge notebook import report.ipynb",
        "flowforge notebook import report.ipynb -o flows/report.flow.yaml --check",
        "flowforge notebook import report.ipynb --dry-run --json",
    ),
)
@click.argument("notebook")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write; by default beside it.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; only tell.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@click.option("--check", is_flag=True, help="Run the notebook and the workflow, and compare.")
@click.option(
    "-p",
    "--parameter",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="One value for the check; repeatable.",
)
@lab_option
@json_option
def import_notebook(  # noqa: PLR0913  # one parameter an option
    notebook: str,
    *,
    output: Path | None,
    dry_run: bool,
    replace: bool,
    check: bool,
    given: tuple[str, ...],
    folder: Path | None,
    as_json: bool,
) -> int:
    """Make a workflow of NOTEBOOK: cells become nodes, and its variables go along the edges.

    Nothing is run for it. Cells that are not proven to be independent become one node or stand in a row, and
    the report says why. With --check both are run, for real, and their variables are compared.
    """  # fmt: skip
    path = inside(notebook)
    target = None if dry_run else (output or _beside(path)).absolute()
    with lab_for(folder, notebook) as lab:
        made = lab.notebooks.to_workflow(path, into=target, replaces=replace)
        found = _checked(lab, made, path, given=given) if check else None
    if as_json:
        write_json(_as_json(made, found))
    else:
        _tell(made)
        if found is not None:
            _tell_check(found)
    return EXIT_OK if found is None or found.is_same else EXIT_CONFLICT


def _beside(path: str) -> Path:
    return Path(path).with_name(Path(path).name.removesuffix(".ipynb") + _SUFFIX)


def _checked(
    lab: Lab, made: NotebookImport, path: str, *, given: tuple[str, ...]
) -> NotebookCheck:
    facts = plan_facts(lab, [path], given, parameters_json=None, facts={})
    return lab.notebooks.compare(made, path, facts["parameters"])


def _as_json(made: NotebookImport, check: NotebookCheck | None) -> dict[str, Any]:
    fields = {
        name: getattr(made, name)
        for name in made.__struct_fields__
        if name not in {"workflow", "file"}
    }
    told = {**fields, "file": None if made.file is None else str(made.file)}
    if check is not None:
        told["check"] = {
            **{name: getattr(check, name) for name in check.__struct_fields__},
            "same": check.is_same,
            "compared": check.is_compared,
        }
    return told


def _tell(made: NotebookImport) -> None:
    rows = [
        (
            one.label or one.id,
            ", ".join(map(str, one.cells)),
            ", ".join(f"{name} ({source})" for name, source in one.takes.items()),
            ", ".join((*one.gives, *one.keeps)),
        )
        for one in made.nodes
    ]
    stdout_console().print(table_of(_NODES, rows))
    if made.chained:
        click.echo("not proven to be independent:")
    for link in made.chained:
        how = "in one node with" if link.is_one_node else "behind"
        click.echo(f"  cell {link.cell} {how} cell {link.with_cell}: {link.reason}")
    _tell_remarks("may not come out the same:", made.different)
    _tell_remarks("also:", made.notes)
    if made.file is not None:
        click.echo(f"wrote {made.file}")


def _tell_remarks(title: str, remarks: tuple[CellRemark, ...]) -> None:
    if remarks:
        click.echo(title)
    for one in remarks:
        click.echo(f"  cell {one.cell}: {one.text}" if one.cell else f"  {one.text}")


def _tell_check(found: NotebookCheck) -> None:
    if not found.is_compared:
        click.echo("nothing was compared: not both ran to their end")
        click.echo(f"notebook: {found.notebook_error or 'ran to its end'}")
        click.echo(f"workflow: {found.workflow_error or 'succeeded'}")
        return
    click.echo(f"the same both ways: {', '.join(found.equal) or 'nothing'}")
    if found.incomparable:
        click.echo(
            f"not compared, as they cannot leave a process: {', '.join(found.incomparable)}"
        )
    for one in found.unequal:
        click.echo(f"differs: {one.name} (node {one.node})")
        click.echo(f"  notebook: {one.expected}\n  workflow: {one.found}")
        for reason in one.announced:
            click.echo(f"  {reason}")
    click.echo(
        f"notebook {found.notebook_seconds:.1f} s, workflow {found.workflow_seconds:.1f} s"
        f" (execution {found.execution_id[:8]})"
    )


@click.command(
    cls=Command,
    examples=(
        "flowforge notebook export report.flow.yaml",
        "flowforge notebook export report -o report.ipynb --replace",
    ),
)
@click.argument("workflow")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write; by default beside it.",
)
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@lab_option
@json_option
def export_notebook(
    workflow: str, *, output: Path | None, replace: bool, folder: Path | None, as_json: bool
) -> None:
    """Make a notebook of WORKFLOW that runs from top to bottom and gives the same.

    Code of nodes stands in its cells; other nodes are run by the lab from there.
    """
    target = output or Path(workflow).with_name(
        Path(workflow).name.removesuffix(_SUFFIX) + ".ipynb"
    )
    with lab_for(folder, workflow) as lab:
        made = lab.notebooks.to_notebook(workflow, into=target.absolute(), replaces=replace)
    if as_json:
        fields = {name: getattr(made, name) for name in ("id", "cells", "calls", "notes")}
        write_json({**fields, "file": str(made.file)})
        return
    click.echo(f"wrote {made.file}: {len(made.cells)} nodes as cells, {len(made.calls)} as calls")
    for note in made.notes:
        click.echo(f"  {note}")
