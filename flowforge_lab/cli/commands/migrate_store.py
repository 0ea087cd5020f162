"""`flowforge migrate-store`: the lab's journal moves to PostgreSQL."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_option
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import FOLDER, find_root, move_store


@click.command(
    cls=Command,
    examples=("flowforge migrate-store --to postgresql://flows@db/flows",),
)
@click.option(
    "--to",
    "url",
    required=True,
    envvar="FLOWFORGE_DATABASE_URL",
    help="The address of the database; better in FLOWFORGE_DATABASE_URL if it holds a password.",
)
@lab_option
@json_option
def command(*, url: str, folder: Path | None, as_json: bool) -> None:
    """Copy the journal to a database, with everything in it, and compare both by counts and digests.

    Nobody may use the lab meanwhile, and no execution may run; those that wait go on from there. Schema and
    shared folder are those of the settings. Once more does no harm.
    """
    root = find_root(Path.cwd()) if folder is None else folder
    if root is None or not (root / FOLDER).is_dir():
        raise NotFoundError("there is no lab here; --lab names one")
    moved = move_store(root, url)
    if as_json:
        write_json(moved)
        return
    was = "was there already" if moved.was_there else "was copied"
    click.echo(f"{sum(moved.rows.values()):,} rows {was} ({moved.place}, schema {moved.schema})")
    click.echo(f"both sides have the digest {moved.digest[:16]}; {moved.files} files were copied")
    click.echo("from now on: FLOWFORGE_DATABASE_URL=<that address> flowforge ...")
