"""`flowforge audit`: who changed what."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from flowforge_lab.access import Change
from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.gate import gatehouse
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import LENGTH, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import iso, local, one_line
from flowforge_lab.clock import SystemClock

_COLUMNS = ("number", "at", "who", "by", "action", "target", "before", "after")
_MICROSECOND = timedelta(microseconds=1)


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge audit",
        "flowforge audit --who ada --since 7d",
        "flowforge audit --action workflow --target report",
        "flowforge audit check",
    ),
)
@click.option("--who", default="", help="Only what this person, token or user did.")
@click.option(
    "--action", default="", help="Only this action, or its first part: workflow, token, ..."
)
@click.option("--target", default="", help="Only what was done to this.")
@click.option("--since", type=LENGTH, help="Only the last 7d, 12h, ...")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@lab_option
@json_option
@click.pass_context
def command(  # noqa: PLR0913  # each is a filter
    context: click.Context,
    *,
    who: str,
    action: str,
    target: str,
    since: float | None,
    limit: int,
    folder: Path | None,
    as_json: bool,
) -> None:
    """List what was changed in the lab, by whom and how, the newest first.

    Each change is a line of .flowforge/audit.jsonl, chained to the one before it: `flowforge audit check`
    tells of a line that was changed or taken out.
    """
    if context.invoked_subcommand is not None:
        return
    after = 0 if since is None else SystemClock().stamp() - int(since * 1e6)
    lines = gatehouse(folder).audit.lines(
        who=who, action=action, target=target, since=after, limit=limit
    )
    if as_json:
        write_json([_plain(line) for line in lines])
    elif not lines:
        click.echo("nothing was changed")
    else:
        stdout_console().print(table_of(_COLUMNS, list(map(_row, lines))))


@command.command("check")
@lab_option
@json_option
def check(*, folder: Path | None, as_json: bool) -> None:
    """Look whether every line is as it was written and none is missing."""
    number = gatehouse(folder).audit.check()
    if as_json:
        write_json({"lines": number, "is_whole": True})
    else:
        click.echo(f"{number} lines, each as it was written")


def _plain(line: Change) -> dict[str, Any]:
    return {
        "number": line.number,
        "at": iso(line.at),
        "who": line.who,
        "way": line.way,
        "address": line.address,
        "action": line.action,
        "target": line.target,
        "before": line.before,
        "after": line.after,
    }


def _row(line: Change) -> tuple[str, ...]:
    values = (
        "" if one is None else one_line(json.dumps(one)) for one in (line.before, line.after)
    )
    by = f"{line.way} {line.address}".strip()
    return (str(line.number), local(line.at), line.who, by, line.action, line.target, *values)
