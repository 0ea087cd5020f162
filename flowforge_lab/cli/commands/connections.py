"""`flowforge connections`: what the lab is connected to, and whether it answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import status_text, table_of
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Lab
from flowforge_lab.spec import did_you_mean
from flowforge_lab.values import lasted

_VERBS = ("list", "test")


@click.command(
    cls=Command,
    examples=(
        "flowforge connections list",
        "flowforge connections test",
        "flowforge connections test warehouse --json",
    ),
)
@click.argument("names", nargs=-1)
@click.option("--test", "is_tried", is_flag=True, help="Call each and tell whether it answers.")
@lab_option
@json_option
def command(names: tuple[str, ...], *, is_tried: bool, folder: Path | None, as_json: bool) -> int:
    """List the connections of the lab, as .flowforge/flowforge.toml names them.

    `list` and `test` may stand before the names: `test` calls each, as --test does. One that is set up
    wrongly is marked by both, with what is wrong; the exit code is then 1.
    """
    verb = names[0] if names and names[0] in _VERBS else ""
    names, is_tried = names[1:] if verb else names, is_tried or verb == "test"
    with existing_lab(folder) as lab:
        kinds = lab.connections()
        chosen = names or tuple(kinds)
        found = [_look(lab, name, kinds, is_tried=is_tried) for name in chosen]
    if as_json:
        write_json(found)
    elif not found:
        click.echo("no connections; name them in .flowforge/flowforge.toml under [connections]")
    else:
        stdout_console().print(table_of(("connection", "kind", "", "took", ""), map(_row, found)))
    return EXIT_FAILED if any(one.get("ok") is False for one in found) else EXIT_OK


def _look(lab: Lab, name: str, kinds: Mapping[str, str], *, is_tried: bool) -> dict[str, Any]:
    if name not in kinds:
        near = did_you_mean(name, kinds) or f"the lab has: {', '.join(kinds) or 'none'}"
        msg = f"no connection {name!r}; {near}"
        raise NotFoundError(msg)
    facts = {"name": name, "kind": kinds[name]}
    fault = lab.parts.clients.connections.faults.get(name)
    if fault is not None:
        return {**facts, "ok": False, "message": fault}
    if not is_tried:
        return facts
    tried = lab.test_connection(name)
    return {**facts, "ok": tried.is_ok, "message": tried.message, "seconds": tried.seconds}


def _row(found: dict[str, Any]) -> tuple[Any, ...]:
    if "ok" not in found:
        return (found["name"], found["kind"], "", "", "")
    status = status_text("succeeded" if found["ok"] else "failed")
    took = lasted(found["seconds"]) if "seconds" in found else ""
    return (found["name"], found["kind"], status, took, found["message"])
