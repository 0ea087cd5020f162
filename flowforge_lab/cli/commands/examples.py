"""`flowforge examples`: what ships to learn from, and a copy of it."""

import re
from pathlib import Path
from typing import Any

import click
import msgspec

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import json_option
from flowforge_lab.cli.screen import program_name, shown_path, stdout_console
from flowforge_lab.cli.shipped import Example, copy_example, find_example, list_examples
from flowforge_lab.cli.tables import table_of


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge examples",
        "flowforge examples --json",
        "flowforge examples copy newsletter",
        "flowforge examples copy support-bot bots/support",
    ),
)
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """List the examples that ship, each with what it needs, or copy one.

    The README.md of an example tells how it is set up and run.
    """
    if ctx.invoked_subcommand is not None:
        return
    found = list_examples()
    if as_json:
        write_json([_answer(example) for example in found])
        return
    rows = [(one.name, _first_sentence(one.summary), _needs(one)) for one in found]
    stdout_console().print(table_of(("name", "what it does", "needs"), rows))
    click.echo(f"`{program_name()} examples copy NAME` makes a folder of it")


@command.command("copy")
@click.argument("name")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@json_option
def copy(name: str, folder: Path | None, *, as_json: bool) -> None:
    """Copy the example NAME into FOLDER, by default one with its name.

    Files that are there already are left as they are.
    """
    example = find_example(name)
    target = folder or Path(name)
    written = copy_example(example, target)
    if as_json:
        files = [str(path.relative_to(target)) for path in written]
        write_json({**_answer(example), "folder": str(target.absolute()), "written": files})
        return
    click.echo(f"{example.title} in {shown_path(target)} ({len(written)} files written)")
    click.echo(f"needs: {_needs(example)}")
    click.echo(f"go on with {shown_path(target / 'README.md')}")


def _answer(example: Example) -> dict[str, Any]:
    fields = msgspec.structs.asdict(example)
    return {name: value for name, value in fields.items() if name != "folder"}


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.?])\s", text, maxsplit=1)[0]


def _needs(example: Example) -> str:
    connections = [f"{name} ({kind})" for name, kind in example.connections.items()]
    parts = (
        ("connections", connections),
        ("secrets", example.secrets),
        ("variables", example.variables),
    )
    return "; ".join(f"{what} {', '.join(names)}" for what, names in parts if names) or "nothing"
