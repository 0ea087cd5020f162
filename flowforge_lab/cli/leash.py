"""Runs a Python module in this process, which ends as soon as whoever started it is gone, even killed.

`python -m flowforge_lab.cli.leash MODULE ARGUMENTS...`, with stdin a pipe that the starter holds open: the
system closes it when the starter dies, on any platform.
"""

import os
import runpy
import signal
import sys
import threading
import time

_END_SECONDS = 5.0


def main() -> None:
    """Run the module named on the command line as the program."""
    leash = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    threading.Thread(target=_hold, args=(leash,), daemon=True, name="leash").start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _hold(leash: int) -> None:
    while os.read(leash, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_END_SECONDS)  # noqa: TID251  # the module has its own loop; here is none
    os._exit(1)


if __name__ == "__main__":
    main()
