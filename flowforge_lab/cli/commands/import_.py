"""`flowforge import`: workflows of other products, and what became of each node."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.errors import ConflictError

_SOURCES = ("n8n", "node-red", "elyra", "kestra")
_COLUMNS = ("was", "type", "is", "node", "why, and what to do")


@click.command(
    cls=Command,
    examples=(
        "flowforge import orders.json",
        "flowforge import flows.json --from node-red",
        "flowforge import report.pipeline -o report.flow.yaml",
        "flowforge import etl.yaml --dry-run --json",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    type=click.Choice(_SOURCES),
    help="Whose file it is; found by its content when not said.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write; by default ID.flow.yaml in the lab. Nothing is overwritten.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would become of it.")
@lab_option
@json_option
def command(  # its options
    *,
    file: Path,
    source: Any,
    output: Path | None,
    dry_run: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Take in a workflow of n8n (JSON), Node-RED (flows.json), Elyra (.pipeline) or Kestra (YAML).

    What has a counterpart is mapped; the rest becomes a placeholder that fails when it is run, with the
    original in its notes. Credentials are never taken over: the report names the connections to make. The
    result is a draft until it is valid.
    """
    from flowforge_lab.importers import import_file

    found = import_file(file, source)
    if output is not None and len(found.workflows) != 1:
        msg = f"{file} holds {len(found.workflows)} workflows: leave out -o, each gets a file of its own"
        raise click.UsageError(msg)
    saved = [] if dry_run else _save(found.workflows, output, folder=folder)
    if as_json:
        write_json(_as_plain(found, saved))
        return
    _show(found, saved)


def _save(workflows: Any, output: Path | None, *, folder: Path | None) -> list[dict[str, Any]]:
    from flowforge_lab.spec import SUFFIX, Document

    with existing_lab(folder) as lab:
        targets = [output or lab.root / f"{one.id}{SUFFIX}" for one in workflows]
        known = {one.id for one in lab.workflows()} if output is None else set()
        for workflow, target in zip(workflows, targets, strict=True):
            if target.exists() or workflow.id in known:
                what = f"the file {target}" if target.exists() else f"a workflow {workflow.id!r}"
                msg = f"there is {what} already; nothing was imported"
                raise ConflictError(msg)
        saved = []
        for workflow, target in zip(workflows, targets, strict=True):
            kept = lab.save(Document.of(workflow), target)
            problems = [str(one) for one in kept.problems]
            saved.append(
                {
                    "id": workflow.id,
                    "file": str(target),
                    "is_draft": kept.is_draft,
                    "problems": problems,
                }
            )
        return saved


def _as_plain(found: Any, saved: list[dict[str, Any]]) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = {
        "source": found.source,
        "workflows": saved or [{"id": one.id} for one in found.workflows],
        "nodes": [msgspec.structs.asdict(line) for line in found.lines],
        "connections": [msgspec.structs.asdict(one) for one in found.connections],
        "remarks": list(found.remarks),
    }
    fates = ("mapped", "partly", "placeholder", "left_out")
    return {**plain, "counts": {fate: found.count(fate) for fate in fates}}


def _show(found: Any, saved: list[dict[str, Any]]) -> None:
    rows = [
        (one.name, one.type, one.fate.replace("_", " "), one.node,
         "; ".join(part for part in (one.why, one.todo) if part))
        for one in found.lines
    ]  # fmt: skip
    stdout_console().print(table_of(_COLUMNS, rows))
    fates = ("mapped", "partly", "placeholder", "left_out")
    counts = ", ".join(f"{found.count(fate)} {fate.replace('_', ' ')}" for fate in fates)
    click.echo(f"{found.source}: {counts}")
    for wanted in found.connections:
        click.echo(f"connection to make: {wanted.name} ({wanted.kind}), {wanted.called!r} there")
    for remark in found.remarks:
        click.echo(f"note: {remark}")
    for one in saved:
        state = "a draft" if one["is_draft"] else "valid"
        click.echo(f"{one['file']}: {state}")
        for problem in one["problems"]:
            click.echo(f"  {problem}")
