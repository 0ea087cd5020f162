"""`flowforge nodes`: which node types there are, and what one takes and gives."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.lab import Inspector
from flowforge_lab.nodes import NodeType, Port, templates_of
from flowforge_lab.reference import Field, brief_of, fields_of
from flowforge_lab.spec import yaml_of


@click.command(
    cls=Command,
    examples=(
        "flowforge nodes",
        "flowforge nodes action.http_request",
        "flowforge nodes action.http_request --templates",
        "flowforge nodes sql.query --json",
    ),
)
@click.argument("kind", required=False)
@click.option(
    "--templates",
    "is_to_start",
    is_flag=True,
    help="Show configurations to start from in place of the fields.",
)
@lab_option
@json_option
def command(kind: str | None, *, is_to_start: bool, folder: Path | None, as_json: bool) -> None:
    """List node types by category, or show what KIND does, takes and gives, or how to start with it.

    Listed are the built-in ones, those of installed packages, and those in the lab's own nodes/*.py.
    """
    registry = Inspector(folder).registry
    if kind is None and is_to_start:
        msg = "--templates: say of which KIND"
        raise click.UsageError(msg)
    if kind is None:
        types = list(registry)
        write_json([brief_of(found) for found in types]) if as_json else _tell_all(types)
        return
    found = registry.get(kind)
    if is_to_start:
        write_json(_templates(found)) if as_json else _tell_templates(found)
    else:
        write_json(_whole(found)) if as_json else _tell(found)


def _whole(kind: NodeType) -> dict[str, Any]:
    return {
        **brief_of(kind),
        "doc": kind.doc,
        "takes": _ports(() if kind.is_trigger else kind.inputs_of({})),
        "gives": _ports(kind.outputs_of({})),
        "timeout": kind.timeout,
        "config": fields_of(kind.config),
        "outputs": fields_of(kind.outputs),
        "config_schema": kind.config.model_json_schema(),
        "templates": _templates(kind),
    }


def _templates(kind: NodeType) -> list[dict[str, Any]]:
    return [
        {"title": one.title, "text": one.text, "config": one.config} for one in templates_of(kind)
    ]


def _ports(ports: Iterable[Port]) -> list[dict[str, str]]:
    return [{"name": port.name, "title": port.title, "type": port.type} for port in ports]


def _tell_all(types: Iterable[NodeType]) -> None:
    console = stdout_console()
    ordered = sorted(types, key=lambda kind: (kind.category, kind.kind))
    rows: list[tuple[Any, ...]] = []
    for category, members in groupby(ordered, key=lambda kind: kind.category):
        rows.append((Text(category, style="bold"), "", ""))
        rows += [(f"  {kind.kind}", kind.title, kind.doc.partition("\n")[0]) for kind in members]
    console.print(table_of(("kind", "title", "what it does"), rows))
    console.print(Text("flowforge nodes KIND shows the fields of one", style="dim"))


def _tell(kind: NodeType) -> None:
    console = stdout_console()
    console.print(Text.assemble((kind.title, "bold"), f"  {kind.kind}"))
    console.print(Text(kind.doc))
    for title, model in (("config", kind.config), ("outputs", kind.outputs)):
        console.print(Text(f"\n{title}", style="bold"))
        fields = fields_of(model)
        console.print(table_of(("field", "type", "default", "what it is"), map(_row, fields)))
    takes = () if kind.is_trigger else kind.inputs_of({})
    ports = f"ports: {_named(takes)} → {_named(kind.outputs_of({}))}, error"
    console.print(Text(f"\n{ports}"))


def _tell_templates(kind: NodeType) -> None:
    """Print each template as part of a workflow file, to be pasted."""
    parts = [
        "".join(f"# {line}\n" for line in (one.title, one.text) if line)
        + yaml_of({"kind": kind.kind, "config": one.config})
        for one in templates_of(kind)
    ]
    click.echo("\n".join(parts).rstrip() or f"there are no templates of {kind.kind}")


def _row(field: Field) -> tuple[str, ...]:
    default = "required" if field.is_required else field.default
    return ("  " * field.depth + field.path, field.type, default, field.description)


def _named(ports: Iterable[Port]) -> str:
    return ", ".join(port.name for port in ports) or "none"
