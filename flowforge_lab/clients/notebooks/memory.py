"""What a kernel and all that it started take, and the end of them."""

import os
import time
from collections.abc import Iterator
from typing import Any

_END_SECONDS = 1.0
_LOOK_SECONDS = 0.005


def used_bytes(pid: int) -> int:
    """Return the memory in use by a process and its descendants; 0 where there is none, or a dead one."""
    import psutil

    try:
        first = psutil.Process(pid)
        if first.status() == psutil.STATUS_ZOMBIE:
            return 0
        family = [first, *first.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_resident(one) for one in family)


def _resident(process: Any) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def end_marked(name: str, value: str) -> int:
    """Kill every process of ours with this variable in its environment, and return how many those were.

    So those are found too that left their group and whose parents are gone. One that is killed is not over at
    once: this returns when all are, or after a second.
    """
    import psutil

    killed = []
    for process in _marked(name, value):
        try:
            process.kill()
        except psutil.Error:
            continue
        killed.append(process)
    until = time.monotonic() + _END_SECONDS
    while not all(map(_is_over, killed)) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)  # noqa: TID251  # waits for other processes, in a thread of its own
    return len(killed)


def _is_over(process: Any) -> bool:
    import psutil

    try:
        return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True


def _marked(name: str, value: str) -> Iterator[Any]:
    import psutil

    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(name) == value:
                yield process
        except (psutil.Error, OSError):
            continue
