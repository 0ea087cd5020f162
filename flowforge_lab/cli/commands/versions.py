"""`flowforge versions`: what a workflow was and is."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import iso, local
from flowforge_lab.services import VersionView

_COLUMNS = ("version", "kept", "labels", "", "activated", "executions")


@click.command(
    cls=Command,
    examples=("flowforge versions report", "flowforge versions report.flow.yaml --json"),
)
@click.argument("workflow")
@lab_option
@json_option
def command(workflow: str, *, folder: Path | None, as_json: bool) -> None:
    """List the versions of a workflow, newest first. WORKFLOW is a file or an id.

    A version is kept whenever the workflow is saved, run or activated in a form it never had before.
    `executions` counts those that are not over and still run it.
    """
    with existing_lab(folder) as lab:
        views = lab.versions.all(workflow)
    if as_json:
        write_json([version_answer(view) for view in views])
    else:
        stdout_console().print(table_of(_COLUMNS, map(_row, views)))


def version_answer(view: VersionView) -> dict[str, Any]:
    """Return a version as JSON values."""
    return {
        "workflow_id": view.workflow_id,
        "version": view.digest,
        "kept_at": iso(view.kept_at),
        "labels": list(view.labels),
        "active": view.is_active,
        "latest": view.is_latest,
        "activated_at": iso(view.activated_at),
        "activations": view.activations,
        "executions": view.executions,
    }


def _row(view: VersionView) -> tuple[Any, ...]:
    marks = [
        word for word, is_so in (("active", view.is_active), ("latest", view.is_latest)) if is_so
    ]
    times = f" ({view.activations} times)" if view.activations > 1 else ""
    return (
        view.short,
        local(view.kept_at),
        ", ".join(view.labels),
        ", ".join(marks),
        local(view.activated_at) + times,
        view.executions or "",
    )
