"""The outputs of a node over 100,000 executions, as a frame."""

from pathlib import Path

from flowforge_lab.analysis import NodeHistory, VisitsHere
from flowforge_lab.clock import SystemClock
from flowforge_lab.store import Terms, open_store
from flowforge_lab.values import decode

from . import bench_history
from .figures import Figure

EXECUTIONS = 100_000


def measure(folder: Path) -> list[Figure]:
    """Return how long the frame takes, the median of three."""
    store = open_store(folder, clock=SystemClock(), terms=Terms(linger=1.0))
    try:
        bench_history.fill(store, EXECUTIONS * bench_history.STEPS_PER_EXECUTION)
        node = NodeHistory(VisitsHere(store.history, decode), "node_3")
        if len(node.outputs()) != EXECUTIONS:
            msg = "the history is not as it was made"
            raise ValueError(msg)
        taken = bench_history.seconds(node.outputs, 3)
    finally:
        store.close()
    return [Figure("outputs of a node over 100,000 executions", taken, "s", at_most=1.0)]
