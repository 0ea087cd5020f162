"""`flowforge lab`: JupyterLab on the lab, with the host beside it."""

import secrets
import tempfile
import webbrowser
from pathlib import Path
from subprocess import Popen

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.beside import Beside, terminated_like_interrupted
from flowforge_lab.cli.failures import EXIT_FAILED
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.jupyter_server import JupyterServer
from flowforge_lab.cli.options import json_option
from flowforge_lab.lab import open_lab


@click.command(
    cls=Command,
    examples=(
        "flowforge lab",
        "flowforge lab flowforge-demo --no-browser --port 8890",
    ),
)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    help="The port; by default the first free one from 8888 up.",
)
@json_option
def command(folder: Path | None, *, no_browser: bool, port: int, as_json: bool) -> int:
    """Open JupyterLab in the lab's folder, on the first notebook, with the server beside it.

    The server is `flowforge serve`: it runs schedules and goes on with what waits, and ends with
    JupyterLab. Ctrl+C ends both.
    """
    with open_lab(folder) as lab:
        root = lab.root
    with (
        terminated_like_interrupted(),
        tempfile.TemporaryDirectory(prefix="flowforge-") as kept,
        Beside() as beside,
    ):
        facts, key = Path(kept) / "host.json", secrets.token_urlsafe(32)
        try:
            host = beside.start_host(root, facts=facts, key=key)
            started = _started(beside, root, port, facts=facts, key=key)
            if started is None:
                click.echo("JupyterLab ended before it was up; its log is above", err=True)
                return EXIT_FAILED
            server, jupyter = started
            _tell(server.url, root, is_browser=not (no_browser or as_json), as_json=as_json)
            return beside.wait_for(jupyter, helper=host)
        except KeyboardInterrupt:
            return 0


def _started(
    beside: Beside, root: Path, port: int, *, facts: Path, key: str
) -> tuple[JupyterServer, "Popen[bytes]"] | None:
    """Return JupyterLab once it is up; `None` if it ended, and not since another took its port first."""
    while True:
        server = JupyterServer(root, port)
        environment = server.environment_with(facts, key)
        process = beside.start(server.command, environment=environment, folder=root)
        if server.wait_until_up(process):
            return server, process
        if port or not server.is_crowded_out:
            return None


def _tell(url: str, root: Path, *, is_browser: bool, as_json: bool) -> None:
    if as_json:
        write_json({"lab": str(root), "url": url})
        return
    click.echo(f"JupyterLab on {root}, schedules are served; Ctrl+C ends both")
    click.echo(url)
    if is_browser:
        webbrowser.open(url)
