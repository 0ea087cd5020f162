"""Measure everything in one run and print one table: `python -m tests.bench`."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import (
    backtest_figures,
    bench_history,
    control_figures,
    engine_figures,
    import_figures,
    notebook_figures,
    outputs_figures,
    parked_figures,
    peer_node_red,
    peers,
    saved_figures,
    server_figures,
    start_figures,
    webhook_figures,
)
from tests.bench.figures import Figure, table


def measure() -> tuple[list[Figure], list[str]]:
    """Return all figures, and what could not be measured and why."""
    remarks: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "lab").mkdir()
        found = asyncio.run(engine_figures.measure(folder / "lab"))
        (folder / "control").mkdir()
        found += asyncio.run(control_figures.measure(folder / "control"))
        (folder / "saved").mkdir()
        found += asyncio.run(saved_figures.measure(folder / "saved"))
        (folder / "backtest").mkdir()
        found += asyncio.run(backtest_figures.measure(folder / "backtest"))
        if parked_figures.COUNT:
            (folder / "parked").mkdir()
            found += asyncio.run(parked_figures.measure(folder / "parked"))
        for peer in (
            webhook_figures.measure,
            peer_node_red.measure,
            server_figures.measure,
            peers.measure_dbos,
            peers.measure_prefect,
        ):
            place = folder / f"{peer.__module__}.{peer.__name__}"
            place.mkdir()
            try:
                found += peer(place)
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                remarks.append(f"{peer.__name__}: skipped, {peers.why(error)}")
        found += outputs_figures.measure(folder / "outputs")
        found += start_figures.measure()
        (folder / "notebooks").mkdir()
        found += asyncio.run(notebook_figures.measure(folder / "notebooks"))
        found += import_figures.measure(folder / "notebooks")
        found += measure_history(folder / "history")
    return found, remarks


def measure_history(folder: Path) -> list[Figure]:
    """Return how long the dashboard questions take; `FLOWFORGE_BENCH_STEPS=0` leaves them out."""
    steps = bench_history.STEPS
    if not steps:
        return []
    return [
        Figure(f"{name}, {steps:,} steps", taken, "s", at_most=_limit(name))
        for name, taken in bench_history.measure(folder, steps).items()
    ]


def _limit(question: str) -> float:
    is_refresh = question.startswith("refresh")
    return bench_history.MAX_REFRESH_SECONDS if is_refresh else bench_history.MAX_QUERY_SECONDS


def main() -> int:
    """Return 1 if a target was missed."""
    found, remarks = measure()
    sys.stdout.write(table(found, remarks) + "\n")
    return int(any(figure.is_missed for figure in found))


if __name__ == "__main__":
    sys.exit(main())
