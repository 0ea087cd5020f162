"""One worker process, seen from outside."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from .limits import LogTo, ProgressTo
from .output import Allowance, Lines

_ROOT = str(Path(__file__).resolve().parents[3])
_BOOT = (
    f"import sys; sys.path.insert(0, {_ROOT!r}); "
    "from flowforge_lab.clients.code.worker import main; del sys.path[0]; main()"
)
_LAST_WORDS_SECONDS = 1.0
_PAUSE_SECONDS = 0.005
_MAX_MESSAGE_BYTES = 1_000_000


class Worker:
    """A process that takes one call after another; whoever cancels a call kills it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.calls = 0
        self._heard_bytes = 0

    @classmethod
    async def start(cls, *, warm: bool) -> "Worker":
        """Start a process; it gets ready by itself while nobody waits for it.

        The code must find the user's packages, so nothing is isolated, but the current folder is
        not searched before it is the workflow's (`-P`).
        """
        from flowforge_lab.variables import (
            without_secrets,  # brings YAML, which workers can do without
        )

        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-c",
            _BOOT,
            *(["--warm"] if warm else []),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=_MAX_MESSAGE_BYTES,
            env={"ARROW_DEFAULT_MEMORY_POOL": "system", **without_secrets(os.environ)},
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process is still there, as far as we have heard."""
        return self._process.returncode is None

    async def call(self, message: dict[str, Any], log: LogTo, progress: ProgressTo) -> bool:
        """Send one call and pass on what is said; return false if the process died of it."""
        self.calls += 1
        allowance = Allowance(int(message["max_log_bytes"]))
        lines = Lines(allowance, lambda line: log(line, source="stderr"))
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._drain(lines))
            done = await self._converse(message, log, progress)
            await self._hear_out(listening, is_dead=done is None)
            listening.cancel()
        lines.flush()
        dropped = allowance.dropped_bytes + (done or {}).get("dropped_bytes", 0)
        if dropped:
            log(f"{dropped:,} more bytes of output were dropped", level="warning")
        return done is not None

    async def _converse(
        self, message: dict[str, Any], log: LogTo, progress: ProgressTo
    ) -> dict[str, Any] | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101  # opened with PIPE
        assert stdout is not None  # noqa: S101  # opened with PIPE
        with contextlib.suppress(ConnectionError):
            stdin.write(json.dumps(message).encode() + b"\n")
            await stdin.drain()
        while line := await stdout.readline():
            said = json.loads(line)
            if "done" in said:
                return dict(said)
            if "log" in said:
                text, level, source = said["log"]
                log(text, level=level, source=source)
            if "progress" in said:
                progress(*said["progress"])
        return None

    async def _hear_out(self, listening: "asyncio.Task[None]", *, is_dead: bool) -> None:
        """Return once what was written before the end has been read: it lies in the pipe already."""
        if is_dead:
            await asyncio.wait({listening}, timeout=_LAST_WORDS_SECONDS)
        heard = -1
        while heard != self._heard_bytes and not listening.done():
            heard = self._heard_bytes
            await asyncio.wait({listening}, timeout=_PAUSE_SECONDS)

    async def _drain(self, lines: Lines) -> None:
        stderr = self._process.stderr
        assert stderr is not None  # noqa: S101  # opened with PIPE
        while piece := await stderr.read(65_536):
            self._heard_bytes += len(piece)
            lines.feed(piece)

    async def kill(self) -> int:
        """End the process and all that it started; return its exit code, negative for a signal."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        code = await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return code
