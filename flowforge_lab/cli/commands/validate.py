"""`flowforge validate`: all that is wrong with workflow files, at once."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK, plain_problem
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import problems_table
from flowforge_lab.errors import DocumentError, NotFoundError, Problem
from flowforge_lab.lab import Inspector
from flowforge_lab.spec import SUFFIX


class _Checked(msgspec.Struct, frozen=True):
    """A file and what is wrong with it."""

    file: str
    problems: tuple[Problem, ...]

    @property
    def is_valid(self) -> bool:
        return not any(problem.severity == "error" for problem in self.problems)


@click.command(
    cls=Command,
    examples=(
        "flowforge validate report.flow.yaml",
        "flowforge validate . --json",
    ),
)
@click.argument("files", nargs=-1, required=True)
@lab_option
@json_option
def command(files: tuple[str, ...], *, folder: Path | None, as_json: bool) -> int:
    """Check workflow files and tell all that is wrong with them, each with its place and what would mend it.

    A folder stands for all *.flow.yaml in it. Nothing is run and nothing is kept.
    The exit code is 1 if a file has an error; warnings alone do not count.
    """
    inspector = Inspector(folder)
    checked = [_check(inspector, path) for path in _paths(files)]
    if as_json:
        write_json([_answer(one) for one in checked])
    else:
        for one in checked:
            _tell(one)
    return EXIT_OK if all(one.is_valid for one in checked) else EXIT_FAILED


def _paths(files: Sequence[str]) -> Iterator[Path]:
    for name in files:
        path = Path(name)
        if not path.is_dir():
            yield path
            continue
        found = sorted(path.rglob(f"*{SUFFIX}"))
        if not found:
            msg = f"there is no *{SUFFIX} in {path}"
            raise NotFoundError(msg)
        yield from found


def _check(inspector: Inspector, path: Path) -> _Checked:
    try:
        return _Checked(str(path), tuple(inspector.problems_of(path)))
    except DocumentError as error:
        found = error.problems or (Problem("document", str(error)),)
        return _Checked(str(path), tuple(found))


def _answer(checked: _Checked) -> dict[str, Any]:
    problems = [plain_problem(problem) for problem in checked.problems]
    return {"file": checked.file, "valid": checked.is_valid, "problems": problems}


def _tell(checked: _Checked) -> None:
    if checked.problems:
        stdout_console().print(problems_table(checked.problems, file=checked.file))
    else:
        click.echo(f"{checked.file}: valid")
