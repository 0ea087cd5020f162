"""`flowforge restore`: a lab from its backup."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import FOLDER
from flowforge_lab.store import restore


@click.command(cls=Command, examples=("flowforge restore flights-2026-01.tar.gz flights",))
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@json_option
def command(file: Path, folder: Path, *, as_json: bool) -> None:
    """Make FOLDER (here by default) the lab that was backed up to FILE.

    A lab that is there already is never replaced (exit code 4).
    """
    if not file.is_file():
        msg = f"there is no file {file}"
        raise NotFoundError(msg)
    place = folder.absolute() / FOLDER
    restore(file.absolute(), place)
    if as_json:
        write_json({"lab": str(folder.absolute()), "from": str(file.absolute())})
    else:
        click.echo(f"restored {folder} from {file}; `flowforge doctor` looks it over")
