"""The server of a lab that runs beside the Jupyter server, and shows its dashboard to nobody else."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.errors import NotFoundError, StoreUnavailableError

KEY_VARIABLE = "FLOWFORGE_BESIDE_KEY"
"""What a server of a lab takes from its environment: who shows it, speaks for whoever started both."""
FACTS_VARIABLE = "FLOWFORGE_BESIDE_FACTS"
"""The file in which a server that runs already says where it is."""
KEY_HEADER = "X-FlowForge-Beside"
_UP_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_END_SECONDS = 3.0
_MISSING = "the dashboard needs more libraries: pip install 'flowforge-lab[server,ui]'"


class Where(msgspec.Struct, frozen=True):
    """Where a server listens, and the key it knows us by."""

    url: str
    key: str


class Given(msgspec.Struct, frozen=True):
    """A server that was started along with this process: the file that says where it is, and its key."""

    facts: Path
    key: str


def take_given() -> Given | None:
    """Return what the environment says of a server that runs already, and take it out of there.

    Kernels inherit the rest.
    """
    file, key = os.environ.pop(FACTS_VARIABLE, ""), os.environ.pop(KEY_VARIABLE, "")
    return Given(Path(file), key) if file and key else None


class Beside:
    """The server of the lab at `root`: the one that was started along with Jupyter, or one of our own.

    Safe to use from several threads. `close` ends our own; it ends by itself when this process is gone.
    """

    def __init__(self, root: Path, given: Given | None = None) -> None:
        self._root = root
        self._given = given
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._where: Where | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def up(self) -> Where:
        """Return where the server is, once it runs; that takes some seconds where it has to be started.

        Raises:
            NotFoundError: what it needs is not installed.
            StoreUnavailableError: it does not come up; the text says why.
        """
        with self._lock:
            if self._where is None or not self._is_alive():
                self._where = self._from_given() or self._started()
            return self._where

    def _is_alive(self) -> bool:
        return self._process is None or self._process.poll() is None

    def _from_given(self) -> Where | None:
        """Return where the server is that was started along with this process, if it is this lab's."""
        if self._given is None or self._process is not None:
            return None
        facts = _read(self._given.facts)
        if facts is None or facts.get("lab") != str(self._root) or not facts.get("url"):
            return None
        return Where(str(facts["url"]), self._given.key)

    def _started(self) -> Where:
        self._end()
        self._folder = tempfile.TemporaryDirectory(prefix="flowforge-")
        file, log = (Path(self._folder.name) / name for name in ("facts.json", "log.txt"))
        key = secrets.token_urlsafe(32)
        with file.open("wb") as facts, log.open("wb") as told:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                _command(self._root),
                env={**os.environ, KEY_VARIABLE: key},
                stdin=subprocess.DEVNULL,
                stdout=facts,
                stderr=told,
                start_new_session=True,
            )
        return Where(_url_in(self._process, file, log), key)

    def close(self) -> None:
        """End our own server; may be called twice."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _command(root: Path) -> list[str]:
    ours = ("serve", "--lab", str(root), "--json", "--parent", str(os.getpid()))
    return [sys.executable, "-m", "flowforge_lab.cli", *ours]


def _url_in(process: subprocess.Popen[bytes], file: Path, log: Path) -> str:
    ends_at = time.monotonic() + _UP_SECONDS
    while (facts := _read(file)) is None:
        if process.poll() is not None or time.monotonic() > ends_at:
            told = log.read_text(encoding="utf-8", errors="replace").strip()[-600:]
            msg = f"the server of the lab did not start: {told or 'it said nothing'}"
            raise StoreUnavailableError(msg)
        time.sleep(_LOOK_SECONDS)  # noqa: TID251  # waits for another process, in a thread of its own
    if not facts.get("url"):
        raise NotFoundError(_MISSING)
    return str(facts["url"])


def _read(file: Path) -> dict[str, Any] | None:
    """Return what a server wrote about itself, once all of it is there."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
