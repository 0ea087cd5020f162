"""What a kernel runs at its end, or to outlive us for a while and then end by itself."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

_FOLDER = "external_kernels"  # where a Jupyter server looks that takes kernels of others

_SOURCE = """
def _flowforge_stay(seconds, watched, paths):
    import os, signal, threading, types
    from ipykernel import parentpoller
    from ipykernel.kernelapp import IPKernelApp

    poller = IPKernelApp.instance().poller
    parent = getattr(poller, "parent_pid", 0) or 0

    def seen():
        try:
            watched is None or os.kill(watched, 0)
        except ProcessLookupError:
            return -1 if parent else 1
        except OSError:
            pass
        return parent or 2

    def end():
        for path in paths:
            try:
                os.unlink(path)
            except OSError:
                pass
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(0)

    before = getattr(parentpoller, "flowforge_timer", None)
    if before is not None:
        before.cancel()
    parentpoller.os = types.SimpleNamespace(getppid=seen, _exit=os._exit)
    parentpoller.flowforge_timer = None
    if seconds is not None:
        timer = parentpoller.flowforge_timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
"""


LEAVE = """
def _flowforge_leave():
    import atexit, gc, io, os, threading

    for step in (threading._shutdown, atexit._run_exitfuncs):
        try:
            step()
        except BaseException:
            pass
    files = {}
    for found in gc.get_objects():
        kind = type(found)
        if kind not in files:
            files[kind] = issubclass(kind, io.IOBase)
        if files[kind]:
            try:
                found.flush()
            except Exception:
                pass
    os._exit(0)

_flowforge_leave()
"""
"""What a Python kernel runs at its end: threads are waited for, exit functions run, files are whole. It does
all that the interpreter would do, but for taking itself apart, which takes longer than many notebooks."""


class KeptKernel(msgspec.Struct, frozen=True):
    """A kernel that lives on without us: its process, its connection file, and until when (UTC, ISO)."""

    pid: int
    connection_file: str
    until: str
    name: str = "python3"

    @property
    def is_there(self) -> bool:
        """Whether the process is alive and its connection file is where it was left."""
        return Path(self.connection_file).is_file() and _is_alive(self.pid)


def stay_request(seconds: float | None, watched: int | None, paths: tuple[str, ...]) -> str:
    """Return the source that lets a kernel live for `seconds`, or as long as the process `watched` does."""
    call = f"_flowforge_stay({seconds!r}, {watched!r}, {list(paths)!r})"
    return f"{_SOURCE}\ntry:\n    {call}\nfinally:\n    del _flowforge_stay\n"


def publish_connection(facts: dict[str, Any], name: str) -> Path:
    """Write a connection file where Jupyter servers look for kernels of others; only we can read it."""
    from jupyter_core.paths import jupyter_runtime_dir

    folder = Path(jupyter_runtime_dir()) / _FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(folder)
    path = folder / f"kernel-{name}.json"
    with open(path, "w", encoding="utf-8", opener=_private) as file:  # with a mode from the start
        json.dump(facts, file)
    return path


def _sweep(folder: Path) -> None:
    """Remove what is left of kernels of ours that were killed before they could do it themselves."""
    for path in folder.glob("kernel-flowforge-*.json"):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            is_over = not _is_alive(int(facts["pid"]))
        except (OSError, ValueError, TypeError, KeyError):
            continue
        if is_over:
            forget((str(path), *socket_files(facts)))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def socket_files(facts: dict[str, Any]) -> tuple[str, ...]:
    """Return the files that the sockets of a kernel are; none where it listens on ports."""
    if facts.get("transport") != "ipc":
        return ()
    ports = (facts[f"{channel}_port"] for channel in ("shell", "iopub", "stdin", "hb", "control"))
    return tuple(f"{facts['ip']}-{port}" for port in ports)


def forget(paths: Iterable[str]) -> None:
    """Remove the files of a kernel that is over."""
    for path in paths:
        Path(path).unlink(missing_ok=True)
