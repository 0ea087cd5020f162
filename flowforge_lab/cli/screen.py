"""The two consoles of the program, made when something is first shown."""

import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import IO

from rich.console import Console

_WIDE = 200


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Say nothing more once nobody reads: what runs goes on to its end."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def stdout_console() -> Console:
    """Return the console that answers go to; where it is no terminal, lines are not wrapped at 80."""
    return _console(sys.stdout)


def stderr_console() -> Console:
    """Return the console for notes and failures."""
    return _console(sys.stderr)


@cache
def _console(stream: IO[str]) -> Console:
    width = None if stream.isatty() else _WIDE
    return _Console(file=stream, width=width, highlight=False, soft_wrap=not stream.isatty())


def shown_path(path: Path) -> str:
    """Return a path as short as it can be written from the present folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def program_name() -> str:
    """Return how this program is called from here: by its name where that leads to it, else by its path."""
    called = Path(sys.argv[0]).absolute()
    found = shutil.which("flowforge")
    if not called.name.startswith("flowforge") or (found and Path(found).samefile(called)):
        return "flowforge"
    return shown_path(called)
