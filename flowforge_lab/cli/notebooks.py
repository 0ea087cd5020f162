"""What `flowforge notebook` is told and tells: paths, values, lines, how a notebook goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from flowforge_lab.lab import Lab
from flowforge_lab.services import ForeseenNotebook, ResumeView, ScheduledNotebook, moment
from flowforge_lab.values import find_zone

from .answers import write_json
from .given import pair, read_json, read_object
from .words import iso, local


def inside(notebook: str) -> str:
    """Return a path in the lab's folder; one that is there from here on is meant as such."""
    return str(Path(notebook).absolute()) if Path(notebook).is_file() else notebook


def plan_facts(
    lab: Lab,
    paths: list[str],
    given: tuple[str, ...],
    *,
    parameters_json: str | None,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the fields of a plan; values given as text are read by the types of the notebooks."""
    values = read_object(parameters_json, "--parameters-json")
    if given:
        types = {
            one.name: one.type
            for path in paths
            for one in lab.notebooks.parameters(path).parameters
        }
        for name, text in (pair(one, "--parameter") for one in given):
            values[name] = _value(text, types.get(name, "any"), name)
    return {**facts, "parameters": values}


def _value(text: str, type: str, name: str) -> Any:
    if type == "string" or "{{" in text:
        return text
    if type != "any":
        return read_json(text, f"--parameter {name}")
    try:
        return read_json(text, name)
    except click.UsageError:
        return text


def line_of(one: ScheduledNotebook) -> dict[str, Any]:
    """Return a scheduled notebook as JSON values."""
    return {
        "id": one.id,
        "notebooks": list(one.notebooks),
        "cron": one.cron,
        "timezone": one.timezone,
        "missed": one.missed,
        "active": one.is_active,
        "next_at": iso(one.next_at),
        "last_at": iso(one.last_at),
        "last_status": one.last_status,
        "last_execution": one.last_execution,
    }


def row_of(one: ScheduledNotebook) -> tuple[str, ...]:
    """Return a scheduled notebook as a row of a table."""
    newest = f"{one.last_status} {one.last_execution[:8]}".strip()
    times = local(one.next_at), local(one.last_at)
    names = ", ".join(one.notebooks)
    return (one.id, names, one.cron, one.timezone, *times, one.missed, newest)


def tell_foreseen(one: ForeseenNotebook, *, as_json: bool) -> None:
    """Tell what a schedule would come to."""
    times = [iso(at) for at in one.times]
    if as_json:
        facts = {"id": one.id, "notebooks": list(one.notebooks), "timezone": one.timezone}
        write_json({**facts, "times": times, "is_taken": one.is_taken})
        return
    click.echo(f"{one.id} would run {', '.join(one.notebooks)}, at times of {one.timezone}:")
    zone = find_zone(one.timezone)
    for at in one.times:
        click.echo(f"  {moment(at).astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}")
    if one.is_taken:
        click.echo(f"there is a workflow {one.id!r} already: --replace it, or give another --id")


def tell_view(view: ResumeView, *, as_json: bool) -> None:
    """Tell how a notebook would go on."""
    if as_json:
        write_json({**{name: getattr(view, name) for name in view.__struct_fields__},
                    "possible": view.is_possible})  # fmt: skip
        return
    is_behind = view.first > view.count
    place = "behind its last cell" if is_behind else f"from cell {view.first} of {view.count}"
    click.echo(f"{view.notebook}: goes on {place}")
    how = ", ".join(map(str, view.replayed)) or "none"
    click.echo("  in the kernel of then" if view.is_attached else f"  cells that run again: {how}")
    for line in (*view.obstacles, *view.notes):
        click.echo(f"  {line}")
