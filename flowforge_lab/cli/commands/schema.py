"""`flowforge schema`: the JSON Schema of workflow files, for editors that complete and check YAML."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_option
from flowforge_lab.lab import Inspector
from flowforge_lab.reference import workflow_schema


@click.command(
    cls=Command,
    examples=("flowforge schema > flow.schema.json",),
)
@lab_option
@json_option
def command(*, folder: Path | None, as_json: bool) -> None:  # noqa: ARG001  # it is JSON either way
    """Print the JSON Schema of workflow files, with the config of each node type there is in this lab.

    Editors with a YAML language server use it by a first line such as
    `# yaml-language-server: $schema=flow.schema.json`.
    """
    write_json(workflow_schema(Inspector(folder).registry))
