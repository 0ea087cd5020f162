"""What the sandbox's workers say on stderr: kept aside in a file, so that it never reaches a terminal."""

import os
import shlex
import shutil
import tempfile
from pathlib import Path

_EXPECTED = "exceeds the memory limit"  # said by a worker that keeps to its bounds
_MAX_BYTES = 4000


class Aside:
    """A program to start workers with, and what they said that nobody expected. Close it."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._read = 0

    def program(self) -> str | None:
        """Return the path of a program that starts a worker; `None` where only the plain one can be had.

        It is a script in a private folder for temporary files: a worker inherits our stderr otherwise.
        """
        worker = _worker()
        if os.name != "posix" or worker is None:
            return None
        folder = Path(tempfile.mkdtemp(prefix="flowforge-sandbox-"))
        self._folder = folder
        script = folder / "monty"
        log = shlex.quote(str(folder / "stderr"))
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(worker)} "$@" 2>>{log}\n')
        script.chmod(0o700)
        return str(script) if os.access(script, os.X_OK) else None

    def said(self) -> str:
        """Return what workers said since the last time, without what is expected of them."""
        if self._folder is None:
            return ""
        try:
            with (self._folder / "stderr").open("rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:
            return ""
        self._read += len(text)
        lines = text[-_MAX_BYTES:].decode(errors="replace").splitlines()
        return "\n".join(line for line in lines if _EXPECTED not in line)

    def close(self) -> None:
        """Remove the program and what was said; may be called twice."""
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _worker() -> str | None:
    try:
        from pydantic_monty._binary import find_monty_binary
    except ImportError:  # not part of its public face
        return None
    return find_monty_binary()
