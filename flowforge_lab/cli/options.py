"""Options that many commands share, and the lab they lead to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from flowforge_lab.errors import NotFoundError
from flowforge_lab.values import parse_duration

F = TypeVar("F", bound=Callable[..., Any])


class _Length(click.ParamType[float]):
    """A length of time such as `90s`, `1h` or `2d`, as seconds."""

    name = "length"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


LENGTH = _Length()

json_option: Callable[[F], F] = click.option(
    "--json", "as_json", is_flag=True, help="Answer with one JSON document."
)

lab_option: Callable[[F], F] = click.option(
    "--lab",
    "folder",
    envvar="FLOWFORGE_LAB",
    type=click.Path(path_type=Path),
    help="The lab's folder; by default the one found at or above the present folder.",
)


def lab_for(folder: Path | None, workflow: str) -> Any:
    """Open the lab to run a workflow in: the one named, the one around here, or the one around its file.

    Raises:
        NotFoundError: there is no such file, and no lab.
    """
    from flowforge_lab.lab import find_root, open_lab
    from flowforge_lab.spec import SUFFIX

    if folder is not None or find_root(Path.cwd()) is not None:
        return open_lab(folder)
    path = Path(workflow)
    if not (path.is_file() or Path(f"{workflow}{SUFFIX}").is_file()):
        msg = f"there is no file {workflow!r}, and no lab in or above this folder"
        raise NotFoundError(msg)
    return open_lab(find_root(path.parent))


def existing_lab(folder: Path | None) -> Any:
    """Open the lab that is there; a command that only looks makes none.

    Raises:
        NotFoundError: there is no lab.
    """
    from flowforge_lab.lab import open_lab

    return open_lab(existing_root(folder))


def existing_root(folder: Path | None) -> Path:
    """Return the folder of the lab that is there.

    Raises:
        NotFoundError: there is no lab.
    """
    from flowforge_lab.lab import FOLDER, find_root, root_for

    root = find_root(Path.cwd()) if folder is None else folder
    if root is None or not (root.name == FOLDER or (root / FOLDER).is_dir()):
        where = "in or above this folder" if folder is None else f"in {folder}"
        msg = f"there is no lab {where}; `flowforge init` makes one, --lab names one"
        raise NotFoundError(msg)
    return root_for(root)
