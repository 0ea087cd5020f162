"""The process that runs other people's code: takes calls on its first pipe, answers on its second.

The pipes are moved away before any code runs, so that what the code prints, reads and starts
cannot touch them. The process ends when the pipe to its parent does, whatever the code is doing.
"""

import contextlib
import ctypes
import faulthandler
import importlib
import io
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from typing_extensions import override

from . import parcel
from .faults import described
from .output import Allowance, Lines
from .source import run_source

_PR_SET_PDEATHSIG = 1


class _Control:
    """The pipe to the parent; one JSON text a line, from any thread."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, **message: Any) -> None:
        line = json.dumps(message).encode() + b"\n"
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._pipe.write(line)
            self._pipe.flush()


class _Stream(io.RawIOBase):
    """What the code sees below `sys.stdout` and `sys.stderr`."""

    def __init__(self, lines: Lines, descriptor: int) -> None:
        self._lines = lines
        self._descriptor = descriptor

    @override
    def writable(self) -> bool:
        return True

    @override
    def fileno(self) -> int:
        return self._descriptor

    @override
    def write(self, piece: Any) -> int:
        self._lines.feed(bytes(piece))
        return len(piece)


def main() -> None:
    """Take calls until the parent goes away."""
    calls, control = _move_pipes()
    _die_with_parent()
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(calls, inbox), daemon=True).start()
    if "--warm" in sys.argv:
        importlib.import_module("pandas")
    while True:
        call = inbox.get()
        dropped = _answer(call, control)
        control.send(done=True, dropped_bytes=dropped)


def _move_pipes() -> tuple[BinaryIO, _Control]:
    calls = os.fdopen(os.dup(0), "rb")
    control = _Control(os.fdopen(os.dup(1), "wb"))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    faulthandler.enable(file=2)
    return calls, control


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _listen(calls: BinaryIO, inbox: "queue.SimpleQueue[dict[str, Any]]") -> None:
    for line in calls:
        inbox.put(json.loads(line))
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _answer(call: dict[str, Any], control: _Control) -> int:
    folder = Path(call["folder"])
    allowance = Allowance(call["max_log_bytes"])
    if "pandas" in call["source"] or next(folder.glob("*.parquet"), None):
        importlib.import_module("pandas")  # before the limit, which is for the code's own memory
    try:
        with _captured(allowance, control), _limited(call["max_memory_bytes"]):
            size = parcel.pack(_result(call, folder, control), folder, "result")
        if size > call["max_result_bytes"]:
            fault: dict[str, Any] = {"type": "code.too_large", "size": size}
            _write_fault(folder, fault)
    except BaseException as error:  # noqa: BLE001  # other people's code raises anything
        _write_fault(folder, described(error, call["directory"]))
    return allowance.dropped_bytes


def _write_fault(folder: Path, fault: dict[str, Any]) -> None:
    (folder / "fault").write_text(json.dumps(fault), encoding="utf-8")


def _result(call: dict[str, Any], folder: Path, control: _Control) -> Any:
    os.chdir(call["directory"])
    inputs = parcel.unpack_tables(folder, "inputs")
    if call["target"]:
        module, _, name = call["target"].partition(":")
        return getattr(importlib.import_module(module), name)(**inputs)

    def log(message: object, level: str = "info") -> None:
        """Note one line in the step's log."""
        control.send(log=[str(message)[:4_000], str(level), "node"])

    def progress(fraction: float, text: str = "") -> None:
        """Tell how far the step is, between 0 and 1."""
        control.send(progress=[float(fraction), str(text)[:200]])

    return run_source(call["source"], {"log": log, "progress": progress, **inputs})


@contextlib.contextmanager
def _captured(allowance: Allowance, control: _Control) -> Iterator[None]:
    def stream(source: str, descriptor: int) -> tuple[Lines, io.TextIOWrapper]:
        lines = Lines(allowance, lambda line: control.send(log=[line, "info", source]))
        raw: Any = _Stream(
            lines, descriptor
        )  # unbuffered, so that a line is heard when it is said
        return lines, io.TextIOWrapper(raw, "utf-8", errors="replace", write_through=True)

    out_lines, out = stream("stdout", 1)
    err_lines, err = stream("stderr", 2)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            yield
        finally:
            out.flush()
            err.flush()
            out_lines.flush()
            err_lines.flush()


@contextlib.contextmanager
def _limited(max_bytes: int | None) -> Iterator[None]:
    taken = Path("/proc/self/statm")
    if max_bytes is None or not taken.exists():
        yield
        return
    import resource

    pages = int(taken.read_text().split()[0])
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + max_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
