"""Writes the generated pages: node reference, settings, command line, and the JSON Schema of workflow files.

python docs/build_reference.py [FOLDER]     by default docs/pages
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from flowforge_lab.cli import command_line
from flowforge_lab.nodes import Registry
from flowforge_lab.reference import node_page, nodes_index, workflow_schema
from flowforge_lab.settings import settings_table

PAGES = Path(__file__).parent / "pages"


def build(folder: Path) -> list[Path]:
    """Write every generated file into `folder` and return their paths."""
    registry = Registry()
    texts = {
        "nodes/index.md": nodes_index(registry),
        "schema.json": json.dumps(workflow_schema(registry), indent=2, ensure_ascii=False) + "\n",
        "settings.md": settings_page(),
        "command-line.md": command_page(),
        **{f"nodes/{kind.kind}.md": node_page(kind) for kind in registry},
    }
    return [_write(folder / name, text) for name, text in texts.items()]


def settings_page() -> str:
    """Return the page of settings, with the environment variable of each."""
    rows = "\n".join(
        f"| `{row.name}` | `{row.variable}` | {row.type} | {row.default} | {row.description} |"
        for row in settings_table()
    )
    return (
        "# Settings\n\n"
        "Written under `[settings]` in `.flowforge/flowforge.toml`; the environment goes before the file.\n\n"
        f"| setting | environment | type | default | what it does |\n{'| --- ' * 5}|\n{rows}\n"
    )


def command_page() -> str:
    """Return the page of the command line: the help of the program and of each command."""
    parts = ["# Command line"]
    for name, text in _helps(command_line, "flowforge"):
        parts += [f"## {name}", f"```text\n{text}\n```"]
    return "\n\n".join(parts) + "\n"


def _helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100)
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            if found is not None:
                yield from _helps(found, f"{name} {part}")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    written = build(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGES)
    print(f"{len(written)} files written")
