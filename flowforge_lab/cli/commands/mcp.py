"""`flowforge mcp`: active workflows as tools of an assistant on this machine."""

import asyncio
from importlib.util import find_spec
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_root, json_option, lab_option
from flowforge_lab.errors import SettingsError

_MISSING = "this needs the MCP SDK and the server: `pip install 'flowforge-lab[mcp]'` brings them"


@click.command(
    cls=Command,
    examples=(
        "flowforge mcp --lab ~/shop   # what an assistant starts; it speaks on stdin and stdout",
        "flowforge mcp --lab ~/shop --list",
        "flowforge mcp --list --json",
    ),
)
@click.option("--list", "is_list", is_flag=True, help="Only tell which tools there are.")
@lab_option
@json_option
def command(*, is_list: bool, folder: Path | None, as_json: bool) -> None:
    """Offer the lab's active workflows as tools over MCP, on standard input and output.

    An assistant starts it by itself; its settings name the command, such as
    {"command": "flowforge", "args": ["mcp", "--lab", "/home/me/shop"]}. Whoever starts it may run all of the
    lab. Assistants on other machines go through `flowforge serve`, at /mcp, with a token.

    Raises:
        SettingsError: the extra that brings the SDK is not installed.
    """
    root = existing_root(folder)
    if is_list or as_json:
        _list(root, as_json=as_json)
        return
    if find_spec("mcp") is None or find_spec("fastapi") is None:
        raise SettingsError(_MISSING)
    from flowforge_lab.api import serve_assistant

    asyncio.run(serve_assistant(root))


def _list(root: Path, *, as_json: bool) -> None:
    if find_spec("fastapi") is None:
        raise SettingsError(_MISSING)
    from flowforge_lab.api import offered_tools

    tools = asyncio.run(offered_tools(root))
    if as_json:
        write_json(tools)
        return
    for tool in tools:
        click.echo(f"{tool['name']}  {tool['description']}")
    if not tools:
        click.echo("none: activate a workflow that starts by hand, `flowforge activate NAME`")
