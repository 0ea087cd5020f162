"""What it costs before anything runs: compiling, importing, asking for help."""

import subprocess
import sys
import time
from functools import partial

from flowforge_lab.nodes import Registry
from flowforge_lab.plan import PlanCache, compile_workflow

from .documents import broad
from .figures import Figure, best, median

BLOCKS = 50  # of four nodes each


def measure() -> list[Figure]:
    registry = Registry()
    workflow = broad(BLOCKS)
    compile_it = partial(compile_workflow, workflow, registry)
    fresh = [spent(compile_it) for _ in range(15)]
    cache = PlanCache()
    plan = cache.get("digest", compile_it)
    cached = best(lambda: cache.get("digest", lambda: plan), 100)
    return [
        Figure("compile a workflow of 201 nodes", median(fresh) * 1e3, "ms", at_most=50),
        Figure("the same from the cache", cached * 1e3, "ms", at_most=0.1),
        Figure("import flowforge_lab", started("-c", "import flowforge_lab"), "s", at_most=0.3),
        Figure("flowforge --help", started("-c", HELP), "s", at_most=0.5),
    ]


HELP = "import sys; sys.argv = ['flowforge', '--help']; from flowforge_lab.cli import main; main()"


def spent(call: partial[object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def started(*arguments: str) -> float:
    """Return the seconds a Python process takes, the median of five after one to warm the disk.

    Infinite where it fails: a command that cannot run meets no target.
    """
    command = [sys.executable, *arguments]
    run = partial(subprocess.run, command, check=True, capture_output=True)
    try:
        run()
    except subprocess.CalledProcessError:
        return float("inf")
    return median([spent(run) for _ in range(5)])
