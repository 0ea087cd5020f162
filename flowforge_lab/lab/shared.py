"""The one lab of this process, for editors that name none."""

import atexit
import functools
from pathlib import Path

from flowforge_lab.nodes import Registry
from flowforge_lab.services import EditorSession, Runner, read_source
from flowforge_lab.spec import Document, Workflow

from .bench import LabBench
from .lab import Lab, open_lab
from .runner import LabRunner


@functools.cache
def shared_lab() -> Lab:
    """Return the lab of the present folder that the editors of this process share; its end closes it."""
    lab = open_lab()
    atexit.register(lab.close)
    return lab


def open_session(
    source: str | Path | Workflow | Document,
    *,
    lab: Lab | None = None,
    registry: Registry | None = None,
    runner: Runner | None = None,
    is_read_only: bool = False,
) -> EditorSession:
    """Return what an editor of any host shows: `source`, run in `lab` or else in the shared one.

    `runner` and `registry` take the place of the lab, for tests and other hosts.
    """
    bench = None
    if runner is None:
        lab = lab or shared_lab()
        runner, bench = LabRunner(lab), LabBench(lab)
        registry = registry or lab.parts.registry
    return EditorSession(
        read_source(source, root=None if lab is None else lab.root),
        registry or Registry(),
        runner=runner,
        bench=bench,
        is_read_only=is_read_only,
    )
