"""`flowforge worker`: runs what hosts hand out."""

import logging
import os
import signal
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.parents import is_orphan


@click.command(
    cls=Command,
    examples=(
        "FLOWFORGE_QUEUE_URL=redis://127.0.0.1:6379/0 flowforge worker",
        "flowforge worker --lab ~/shop",
    ),
)
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
@lab_option
@json_option
def command(*, parent: int | None, folder: Path | None, as_json: bool) -> None:
    """Take executions from the queue and run them, many at once, until Ctrl+C or SIGTERM.

    Any number of workers share the queue of a lab; FLOWFORGE_QUEUE_URL says where it is, and one
    `flowforge serve` with the same setting hands out what is due. What runs when a worker stops goes
    on in another one. With --json one document is written once it works.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with existing_lab(folder) as lab:
            if as_json:
                write_json({"lab": str(lab.root), "pid": os.getpid()})
            else:
                click.echo(f"working for {lab.root}: up to {lab.settings.max_running} at once")
            lab.queue.work(until=None if parent is None else lambda: is_orphan(parent))
    except KeyboardInterrupt:
        if not as_json:
            click.echo("stopped")
