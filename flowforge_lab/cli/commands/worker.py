"""`flowforge worker`: runs what hosts hand out."""

import contextlib
import os
import signal
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.parents import is_orphan
from flowforge_lab.cli.serving import observed
from flowforge_lab.lab import spared_collector


@click.command(
    cls=Command,
    examples=(
        "FLOWFORGE_QUEUE_URL=redis://127.0.0.1:6379/0 flowforge worker",
        "flowforge worker --lab ~/shop --metrics-port 9465",
    ),
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    help="Answer GET /metrics there; several workers on one machine need one each.",
)
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
@lab_option
@json_option
def command(
    *, metrics_port: int | None, parent: int | None, folder: Path | None, as_json: bool
) -> None:
    """Take executions from the queue and run them, many at once, until Ctrl+C or SIGTERM.

    Any number of workers share the queue of a lab; FLOWFORGE_QUEUE_URL says where it is, and one
    `flowforge serve` with the same setting hands out what is due. What runs when a worker stops goes
    on in another one. With --json one document is written once it works.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with existing_lab(folder) as lab, contextlib.ExitStack() as stack:
            if lab.queue.has_broker:
                stack.enter_context(observed(lab.parts, metrics_port))
            stack.enter_context(spared_collector())
            if as_json:
                write_json({"lab": str(lab.root), "pid": os.getpid()})
            else:
                click.echo(f"working for {lab.root}: up to {lab.settings.max_running} at once")
            lab.queue.work(until=None if parent is None else lambda: is_orphan(parent))
    except KeyboardInterrupt:
        if not as_json:
            click.echo("stopped")
