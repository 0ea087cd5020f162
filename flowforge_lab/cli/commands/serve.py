"""`flowforge serve`: the live host of a lab, and its HTTP server."""

import contextlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.dashboard import has_dashboard
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_root, json_option, lab_option
from flowforge_lab.cli.parents import is_orphan
from flowforge_lab.cli.serving import Listening, run_server
from flowforge_lab.cli.words import iso, local, now_us
from flowforge_lab.events import Entry, ExecutionFinished, ExecutionStarted
from flowforge_lab.lab import FOLDER, Parts
from flowforge_lab.settings import load_settings
from flowforge_lab.values import lasted

_NO_SERVER = (
    "without HTTP: `pip install 'flowforge-lab[server]'` brings REST, live events and webhooks"
)

_NO_DASHBOARD = "without the dashboard: `pip install 'flowforge-lab[server,ui]'` brings it"


@click.command(
    cls=Command,
    examples=(
        "flowforge serve",
        "flowforge serve --lab ~/shop --port 9000",
        "flowforge serve --host 0.0.0.0   # asks every caller for a token: `flowforge token create`",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    help="The port; by default the first free one from 8750 up.",
)
@click.option("--no-http", is_flag=True, help="Be the host only, and listen to nothing.")
@click.option("--quiet", is_flag=True, help="Do not tell of each execution.")
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
@lab_option
@json_option
def command(  # noqa: PLR0913  # its options
    *,
    host: str,
    port: int,
    no_http: bool,
    quiet: bool,
    parent: int | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Serve REST, live events and webhooks; run schedules, wake what waits, go on after a crash.

    It runs until it gets Ctrl+C or SIGTERM; what runs then is left for the next host. Several may
    serve one lab: they share the work, and no fire happens twice. REST is described at /api-docs.
    Bound to anything but this machine itself, or once a token exists, it asks for tokens. With --json
    one document is written once it serves.
    """
    root = existing_root(folder)
    until = None if parent is None else lambda: is_orphan(parent)
    has_http = not no_http and importlib.util.find_spec("uvicorn") is not None
    if not has_http and not no_http and not as_json:
        click.echo(_NO_SERVER, err=True)

    in_lines = load_settings(root / FOLDER).log_format == "json"

    async def greet(parts: Parts, url: str) -> None:
        if as_json:
            write_json(await _facts(parts, url))
        elif in_lines:  # whoever collects the log reads one document a line, and nothing else
            click.echo(json.dumps({"message": "serving", **await _facts(parts, url)}))
        else:
            await _greet(parts, url)
        if not as_json and not quiet:
            parts.feed.subscribe(_note_in_json if in_lines else _note)

    with contextlib.suppress(KeyboardInterrupt):  # it came before anything was served
        run_server(root, Listening(host, port) if has_http else None, until, greet=greet)
    if not as_json:
        click.echo('{"message": "stopped"}' if in_lines else "stopped")


async def _facts(parts: Parts, url: str) -> dict[str, Any]:
    fires = [
        {"workflow_id": one.workflow_id, "node": one.node, "next_at": iso(one.next_at)}
        for one in await parts.store.schedules.all()
    ]
    hooks = [url + hook.path for hook in await parts.webhooks.all()]
    facts = {"lab": str(parts.root), "pid": os.getpid(), "copy": parts.store.is_copy}
    return {**facts, "schedules": fires, "url": url, "webhooks": hooks}


async def _greet(parts: Parts, url: str) -> None:
    schedules = await parts.store.schedules.all()
    hooks = await parts.webhooks.all()
    is_copy = parts.store.is_copy
    active = sum(workflow.is_active for workflow in await parts.workflows.all())
    click.echo(f"serving {parts.root}: {active} active workflows, {len(schedules)} schedules")
    if is_copy:
        click.echo("this lab was copied from another place: schedules do not fire here")
    for schedule in schedules:
        when = local(schedule.next_at) or "never again"
        click.echo(f"  {schedule.workflow_id}.{schedule.node} fires next at {when}")
    if url:
        if has_dashboard():
            click.echo(f"dashboard at {url}/")
        else:
            click.echo(_NO_DASHBOARD)
        click.echo(f"REST at {url}/api-docs")
    for hook in hooks:
        click.echo(f"  {hook.workflow_id}.{hook.node}: {hook.method} {url}{hook.path}")


def _note(entry: Entry) -> None:
    event = entry.event
    if isinstance(event, ExecutionStarted):
        told = f"{event.workflow_id} started by {event.trigger}"
    elif isinstance(event, ExecutionFinished):
        told = f"{event.workflow_id} {event.status} in {lasted(event.duration)}"
        told += f": {event.error.title}" if event.error else ""
    else:
        return
    click.echo(f"{local(now_us())}  {entry.execution_id}  {told}")


def _note_in_json(entry: Entry) -> None:
    event = entry.event
    told: dict[str, Any]
    if isinstance(event, ExecutionStarted):
        told = {"message": "started", "trigger": event.trigger, "level": "info"}
    elif isinstance(event, ExecutionFinished):
        told = {"message": event.status, "seconds": event.duration, "level": "info"}
        if event.error:
            told |= {"error": event.error.title, "node": event.error.node, "level": "error"}
    else:
        return
    ids = {"execution_id": entry.execution_id, "workflow_id": event.workflow_id}
    click.echo(json.dumps({"time": iso(entry.at), **told, **ids}, ensure_ascii=False))
