"""The examples that ship: what each is, what it needs, and a copy of it."""

import re
import tomllib
from pathlib import Path

import msgspec

from flowforge_lab.errors import NotFoundError
from flowforge_lab.spec import SUFFIX, did_you_mean

from .starter import copy_new

_SECRET = re.compile(r"\{\{\s*secrets\.([A-Za-z_]\w*)\s*\}\}")
_VARIABLE = re.compile(r"\bvars\.project\.([A-Za-z_]\w*)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


class Example(msgspec.Struct, frozen=True):
    """One example; `connections` are kinds by name, the rest are names of what must be set before it runs."""

    name: str
    title: str
    summary: str
    workflows: tuple[str, ...]
    connections: dict[str, str]
    secrets: tuple[str, ...]
    variables: tuple[str, ...]
    folder: Path


def list_examples() -> list[Example]:
    """Return the examples, by name.

    Raises:
        NotFoundError: this installation came without them.
    """
    return [_read(path.parent) for path in sorted(_place().glob("*/README.md"))]


def find_example(name: str) -> Example:
    """Return an example.

    Raises:
        NotFoundError: there is none of that name, or none at all.
    """
    found = {example.name: example for example in list_examples()}
    if name in found:
        return found[name]
    hint = did_you_mean(name, found) or f"there are: {', '.join(found)}"
    msg = f"there is no example {name!r}; {hint}"
    raise NotFoundError(msg)


def copy_example(example: Example, folder: Path) -> list[Path]:
    """Copy an example into `folder`, and return the files written; one that is there stays as it is.

    Raises:
        StoreUnavailableError: the folder cannot be written.
    """
    return copy_new(example.folder, folder)


def _place() -> Path:
    """Return where the examples lie: in the wheel, or in the source beside the package."""
    package = Path(__file__).parents[1]
    for place in (package / "assets" / "examples", package.parent / "examples"):
        if place.is_dir():
            return place
    msg = "this installation came without the examples; install flowforge-lab anew"
    raise NotFoundError(msg)


def _read(folder: Path) -> Example:
    title, _, rest = (folder / "README.md").read_text(encoding="utf-8").partition("\n")
    first = " ".join(rest.strip().partition("\n\n")[0].split())
    workflows = sorted(folder.glob(f"*{SUFFIX}"))
    table = folder / "connections.toml"
    connections = table.read_text(encoding="utf-8") if table.is_file() else ""
    text = connections + "".join(path.read_text(encoding="utf-8") for path in workflows)
    return Example(
        name=folder.name,
        title=title.removeprefix("# "),
        summary=_LINK.sub(r"\1", first).replace("`", ""),
        workflows=tuple(path.name for path in workflows),
        connections=_kinds(connections),
        secrets=tuple(sorted(set(_SECRET.findall(text)))),
        variables=tuple(sorted(set(_VARIABLE.findall(text)))),
        folder=folder,
    )


def _kinds(text: str) -> dict[str, str]:
    found = tomllib.loads(text).get("connections", {})
    return {name: str(fields["kind"]) for name, fields in found.items()}
