"""Write the generated pages of the documentation: node types, settings, command line, JSON Schema.

`python docs/build_reference.py [FOLDER]` writes them, below `docs/pages/` unless a folder is named; version
control does not keep them. `--environment` writes `examples/deploy/.env.example`, which it keeps.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the documentation is that of this source, installed or not

import click  # noqa: E402  # all of these stand behind the path they are found by

from flowforge_lab.cli import COMMANDS, command_line  # noqa: E402  # as above
from flowforge_lab.nodes import Registry, builtin_types  # noqa: E402  # as above
from flowforge_lab.reference import (  # noqa: E402  # as above
    errors_page,
    node_page,
    nodes_index,
    workflow_schema,
)
from flowforge_lab.settings import settings_table  # noqa: E402  # as above

PAGES = ROOT / "docs" / "pages"
ENVIRONMENT = ROOT / "examples" / "deploy" / ".env.example"
_WIDTH = 96


def pages() -> Iterator[tuple[str, str]]:
    """Yield each generated file: its path below `docs/pages/`, and its text."""
    types = list(builtin_types())
    yield "nodes/index.md", nodes_index(types)
    yield "nodes/errors.md", errors_page()
    for kind in types:
        yield f"nodes/{kind.kind}.md", node_page(kind)
    yield "settings.md", settings_page()
    yield "command-line.md", command_page()
    yield (
        "schema.json",
        json.dumps(workflow_schema(Registry()), indent=2, ensure_ascii=False) + "\n",
    )


def settings_page() -> str:
    """Return the page of settings, with the environment variable of each."""
    rows = "\n".join(
        f"| `{row.name}` | `{row.variable}` | {row.type} | {row.default} | {row.description} |"
        for row in settings_table()
    )
    return (
        "# Settings\n\nWritten under `[settings]` in `.flowforge/flowforge.toml`; the environment goes"
        " before the file.\n\n| setting | environment | type | default | what it does |\n"
        f"{'| --- ' * 5}|\n{rows}\n"
    )


def environment_file() -> str:
    """Return every setting as a line of an environment file; those of a deployment come first."""
    head = (
        "# Every setting with its default, written by `python docs/build_reference.py --environment`.\n"
        "# compose.yaml needs the first; leave out the # before what you set.\n\n"
        "POSTGRES_PASSWORD=\n"
    )
    rows = (f"\n# {row.description}\n# {row.variable}={row.default}\n" for row in settings_table())
    return head + "".join(rows)


def command_page() -> str:
    """Return the help of every command, as the command line prints it."""
    top = click.Context(command_line, info_name="flowforge", terminal_width=_WIDTH)
    parts = ["# Command line", *_told(top)]
    for name in COMMANDS:
        found = command_line.get_command(top, name)
        if found is None:
            msg = f"flowforge names a command {name!r} that is not there"
            raise LookupError(msg)
        parts += _section(found, top, name, level=2)
    return "\n\n".join(parts) + "\n"


def _section(
    found: click.Command, parent: click.Context, name: str, *, level: int
) -> Iterator[str]:
    context = click.Context(found, parent, info_name=name, terminal_width=_WIDTH)
    yield f"{'#' * level} {context.command_path.removeprefix('flowforge ')}"
    yield from _told(context)
    inner: Mapping[str, Any] = getattr(found, "commands", {})
    for inner_name, command in inner.items():
        yield from _section(command, context, inner_name, level=level + 1)


def _told(context: click.Context) -> Iterator[str]:
    yield f"```text\n{context.get_help()}\n```"


def main(folder: Path = PAGES) -> None:
    """Write every page below `folder`; what is generated no more is removed."""
    for old in (folder / "nodes").glob("*.md"):
        old.unlink()
    for path, text in pages():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--environment"]:
        ENVIRONMENT.write_text(environment_file(), encoding="utf-8")
    else:
        main(*map(Path, sys.argv[1:2]))
