"""`flowforge backup`: the whole lab in one file."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option


@click.command(cls=Command, examples=("flowforge backup flights-2026-01.tar.gz",))
@click.argument("file", type=click.Path(path_type=Path))
@lab_option
@json_option
def command(file: Path, *, folder: Path | None, as_json: bool) -> None:
    """Write everything the lab keeps into one archive, also while executions run.

    Your workflow files and notebooks are not in it: they are yours to keep. Secrets are not in it either.
    """
    with existing_lab(folder) as lab:
        size = lab.backup(file.absolute())
    if as_json:
        write_json({"file": str(file.absolute()), "bytes": size})
    else:
        click.echo(f"{file}: {size:,} bytes")
