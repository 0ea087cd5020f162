"""`flowforge history`: the history as rows, as a file, as a place."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import plain_rows, write_json
from flowforge_lab.cli.helped import Command, Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import shown_path, stdout_console
from flowforge_lab.cli.tables import rows_table
from flowforge_lab.errors import ConflictError


@click.group(
    cls=Group,
    examples=(
        'flowforge history sql "select status, count(*) from executions group by all"',
        'flowforge history sql "select node, avg(duration) from steps group by all" --json',
        "flowforge history export flights.duckdb",
        "flowforge history path",
        "flowforge history sweep",
    ),
)
def command() -> None:
    """Ask the history with SQL, export it, tell where it lies, or delete what is kept no longer.

    Its tables are executions, steps, attempts, events, logs, workflow_metrics and node_metrics, with all that
    happened so far in them, also while executions run elsewhere.
    """


@command.command(
    "sql",
    cls=Command,
    examples=('flowforge history sql "select * from steps order by duration desc" --limit 5',),
)
@click.argument("query")
@click.option("-n", "--limit", default=50, show_default=True, help="How many rows are shown.")
@lab_option
@json_option
def ask(query: str, *, limit: int, folder: Path | None, as_json: bool) -> None:
    """Print the rows of a DuckDB query. With --json all rows are printed, as a list of objects."""
    with existing_lab(folder) as lab:
        if as_json:
            write_json(lab.rows(query))
            return
        frame = lab.sql(query)
    rows = plain_rows(frame.head(limit))
    stdout_console().print(rows_table(rows, len(frame), list(map(str, frame.columns))))


@command.command(
    "export",
    cls=Command,
    examples=(
        "flowforge history export flights.duckdb",
        "flowforge history export flights.duckdb --force",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite FILE if it is there.")
@lab_option
@json_option
def export(file: Path, *, force: bool, folder: Path | None, as_json: bool) -> None:
    """Write the whole history into one DuckDB file that needs nothing else."""
    if file.exists() and not force:
        msg = f"{file} is there already; --force overwrites it"
        raise ConflictError(msg)
    with existing_lab(folder) as lab:
        lab.export(file.absolute())
    _tell({"file": str(file.absolute()), "bytes": file.stat().st_size}, file, as_json=as_json)


@command.command("path", cls=Command, examples=("flowforge history path",))
@lab_option
@json_option
def tell_path(*, folder: Path | None, as_json: bool) -> None:
    """Bring the lab's history.duckdb up to date and print where it is.

    Any DuckDB client can open it read-only, at any time.
    """
    with existing_lab(folder) as lab:
        path = lab.publish()
    _tell({"file": str(path), "bytes": path.stat().st_size}, path, as_json=as_json)


@command.command(
    "sweep", cls=Command, examples=("flowforge history sweep", "flowforge history sweep --json")
)
@lab_option
@json_option
def sweep(*, folder: Path | None, as_json: bool) -> None:
    """Delete now the executions that the lab keeps no longer (`retention_days`, `retention_bytes`).

    Variables and keys that have expired and files that nothing refers to go as well. A process that runs for
    some seconds does this by itself where nobody has for an hour.
    """
    with existing_lab(folder) as lab:
        deleted = lab.sweep()
    if as_json:
        write_json({"deleted": deleted})
    else:
        click.echo(f"{deleted} executions deleted")


def _tell(facts: dict[str, Any], path: Path, *, as_json: bool) -> None:
    if as_json:
        write_json(facts)
    else:
        click.echo(shown_path(path))
