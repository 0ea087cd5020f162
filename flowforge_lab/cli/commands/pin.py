"""`flowforge pin`: outputs that stand for a node's own while its workflow is being written."""

import json
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import plain, write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_for, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import iso, local, one_line
from flowforge_lab.services import Pinned

_COLUMNS = ("node", "port", "pinned", "outputs")


@click.command(
    cls=Command,
    examples=(
        "flowforge pin report.flow.yaml",
        "flowforge pin report load --from 019a2b3c",
        'flowforge pin report greet \'{"value": "hello"}\'',
        "flowforge pin report check @outputs.json --port false",
    ),
)
@click.argument("workflow")
@click.argument("node", required=False, default="")
@click.argument("outputs", required=False, default="", metavar="[OUTPUTS|@FILE]")
@click.option("--from", "execution", default="", help="Pin what the node gave in this execution.")
@click.option("--port", default="", help="The port they leave by; the node's first if not named.")
@lab_option
@json_option
def command(  # noqa: PLR0913  # one parameter an option
    workflow: str,
    node: str,
    outputs: str,
    *,
    execution: str,
    port: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Pin OUTPUTS (a JSON object) to NODE, or list the pins. WORKFLOW is a file or an id.

    `flowforge run --with-pins` does not run a pinned node: its pinned outputs go on in its place. Pins
    are kept in the lab and never in the file, and no trigger uses them.
    """
    if node and bool(outputs) == bool(execution):
        msg = "give OUTPUTS or --from EXECUTION"
        raise click.UsageError(msg)
    with lab_for(folder, workflow) as lab:
        pins = lab.pins(workflow)
        if not node:
            told = pins.all()
        elif execution:
            told = [pins.take(node, execution)]
        else:
            told = [pins.set(node, _read(outputs), port=port)]
    _tell(told, as_json=as_json)


def _read(text: str) -> Any:
    try:
        return json.loads(Path(text[1:]).read_text(encoding="utf-8") if text[:1] == "@" else text)
    except OSError as error:
        msg = f"cannot read {text[1:]}: {error.strerror}"
        raise click.UsageError(msg) from error
    except ValueError as error:
        msg = f"OUTPUTS is not JSON: {error}"
        raise click.UsageError(msg) from error


def _tell(told: list[Pinned], *, as_json: bool) -> None:
    if as_json:
        write_json([_answer(pinned) for pinned in told])
    elif not told:
        click.echo("nothing is pinned")
    else:
        rows = [
            (one.node, one.port, local(one.at), one_line(json.dumps(plain(one.outputs)), 100))
            for one in told
        ]
        stdout_console().print(table_of(_COLUMNS, rows))


def _answer(pinned: Pinned) -> dict[str, Any]:
    return {
        "workflow_id": pinned.workflow_id,
        "node": pinned.node,
        "port": pinned.port,
        "outputs": plain(pinned.outputs),
        "pinned_at": iso(pinned.at),
    }
