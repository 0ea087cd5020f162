"""`flowforge init`: make a lab in a folder."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option
from flowforge_lab.errors import StoreUnavailableError
from flowforge_lab.lab import FOLDER, open_lab

_SETTINGS = """\
# Settings of this lab; the environment (FLOWFORGE_...) goes before them.
# `flowforge connections` lists what is named under [connections].

# [connections.warehouse]
# kind = "duckdb"
# path = "warehouse.duckdb"
"""


@click.command(
    cls=Command,
    examples=(
        "flowforge init",
        "flowforge init shop",
    ),
)
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@json_option
def command(folder: Path, *, as_json: bool) -> None:
    """Make a lab in FOLDER (here by default): a folder .flowforge beside your workflows and notebooks.

    A lab that is there already is left as it is.
    """
    is_new = not (folder / FOLDER).is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot make {folder}: {error.strerror}"
        raise StoreUnavailableError(msg) from error
    with open_lab(folder) as lab:
        root = lab.root
    settings = root / FOLDER / "flowforge.toml"
    if not settings.exists():
        settings.write_text(_SETTINGS, encoding="utf-8")
    if as_json:
        write_json({"lab": str(root), "new": is_new})
        return
    click.echo(f"{'made a lab' if is_new else 'there is a lab already'} in {root}")
    click.echo("go on: `flowforge demo` for an example, `flowforge nodes` for what there is")
