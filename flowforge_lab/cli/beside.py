"""Processes that run beside this one and end with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType

import click

from .detached import program
from .serving import BESIDE_KEY

_END_SECONDS = 2.5
_LOOK_SECONDS = 0.3


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM and a closed terminal raise `KeyboardInterrupt`, as Ctrl+C does, while the block lasts."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


class Beside(AbstractContextManager["Beside"]):
    """Starts processes and ends them all when it is left. Each is out of reach of the terminal's Ctrl+C."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a folder and return it; what it writes goes to stderr.

        Its stdin is a pipe that breaks when this process is gone, even killed.
        """
        process = subprocess.Popen(  # noqa: S603  # command lines of our own making
            command,
            cwd=folder,
            env=dict(environment or os.environ),
            stdin=subprocess.PIPE,
            stdout=sys.stderr,
            start_new_session=True,
        )
        self._processes.append(process)
        return process

    def start_host(self, root: Path, *, facts: Path, key: str) -> subprocess.Popen[bytes]:
        """Start the host of a lab; it stops by itself when this process is gone, even killed.

        It says where it is in the file `facts`, and takes whoever shows `key` for this process.
        """
        command = program("serve", "--lab", str(root), "--json", "--parent", str(os.getpid()))
        with facts.open("wb") as told:
            process = subprocess.Popen(  # noqa: S603  # our own program
                command,
                env={**os.environ, BESIDE_KEY: key},
                stdin=subprocess.DEVNULL,
                stdout=told,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def wait_for(self, main: subprocess.Popen[bytes], *, helper: subprocess.Popen[bytes]) -> int:
        """Return the exit code of `main` once it has ended; say so if `helper` ends before."""
        is_told = False
        while True:
            try:
                return main.wait(timeout=_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                if helper.poll() is not None and not is_told:
                    is_told = True
                    text = "the server beside JupyterLab ended: schedules do not fire; its log is above"
                    click.echo(text, err=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
