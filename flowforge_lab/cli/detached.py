"""Processes of our own that live on their own or beside this one."""

import subprocess
import sys
from pathlib import Path


def program(*arguments: str) -> list[str]:
    """Return the command line that runs this program with `arguments`."""
    return [sys.executable, "-m", "flowforge_lab.cli", *arguments]


def leave_running(root: Path, execution_id: str) -> None:
    """Go on with an execution in a process of its own, which outlives this one and its terminal."""
    subprocess.Popen(  # noqa: S603  # our own program
        program("resume", execution_id, "--no-progress", "--lab", str(root)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
