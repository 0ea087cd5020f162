"""What a kernel and all that it started take, and the end of them."""

import os
from collections.abc import Iterator
from typing import Any


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

    So those are found too that left their group and whose parents are gone.
    """
    import psutil

    count = 0
    for process in _marked(name, value):
        try:
            process.kill()
            count += 1
        except psutil.Error:
            continue
    return count


def _marked(name: str, value: str) -> Iterator[Any]:
    import psutil

    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(name) == value:
                yield process
        except (psutil.Error, OSError):
            continue
