"""`flowforge db`: the tables of a lab in PostgreSQL."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command, Group
from flowforge_lab.cli.options import json_option, lab_option
from flowforge_lab.lab import FOLDER, database_status, find_root, set_up_lab_database
from flowforge_lab.settings import Settings, load_settings


@click.group(cls=Group, examples=("flowforge db setup", "flowforge db status --json"))
def command() -> None:
    """Make the tables of a lab in the PostgreSQL that FLOWFORGE_DATABASE_URL names, or look at them."""


@command.command(
    "setup",
    cls=Command,
    examples=(
        "FLOWFORGE_DATABASE_URL=postgresql://flows@db/flows flowforge db setup",
        "flowforge db setup --json",
    ),
)
@lab_option
@json_option
def setup(*, folder: Path | None, as_json: bool) -> None:
    """Make tables and indexes, or raise those of an older version. Once more does no harm."""
    done = set_up_lab_database(_settings(folder))
    if as_json:
        write_json(done)
        return
    where = f"{done.place}, schema {done.schema}"
    if done.was == done.version:
        click.echo(f"{where}: the tables are of version {done.version} already")
    else:
        before = f"from version {done.was} " if done.was else ""
        click.echo(f"{where}: the tables were brought {before}to version {done.version}")


@command.command("status", cls=Command, examples=("flowforge db status",))
@lab_option
@json_option
def status(*, folder: Path | None, as_json: bool) -> None:
    """Tell how the database stands: versions, sizes, connections, the oldest transaction."""
    found = database_status(_settings(folder))
    if as_json:
        write_json(found)
        return
    tables = f"version {found.version}" if found.version else "none: flowforge db setup"
    click.echo(f"{found.place}, schema {found.schema}: PostgreSQL {found.server}")
    click.echo(f"tables: {tables} (this flowforge-lab knows {found.known})")
    click.echo(f"size: {found.lab_bytes:,} bytes of {found.database_bytes:,}")
    click.echo(f"connections: {found.connections}")
    click.echo(f"oldest transaction: {found.oldest_transaction:.1f} s")


def _settings(folder: Path | None) -> Settings:
    """Return the settings of the lab around here, where there is one; none is made."""
    root = folder or find_root(Path.cwd())
    return load_settings(None if root is None else root / FOLDER)
