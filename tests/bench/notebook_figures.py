"""What the start of a kernel costs a notebook: pandas and DuckDB imported, cold and in a warm kernel, in turns."""

import time
from pathlib import Path

import nbformat

from flowforge_lab.clients import Clients, NotebookJob, NotebookLimits
from flowforge_lab.clock import SystemClock

from .figures import Figure, median

ROUNDS = 5
_CELLS = (
    "import duckdb\nimport pandas as pd",
    "df = pd.DataFrame({'shop': ['a', 'b'] * 500, 'sold': range(1000)})",
    "by_shop = duckdb.sql('SELECT shop, sum(sold) AS sold FROM df GROUP BY shop').df()",
    "total = int(by_shop.sold.sum())",
)


async def measure(folder: Path) -> list[Figure]:
    """Return the seconds of a run in a new kernel and in a warm one, and how many times quicker that is."""
    cells = [nbformat.v4.new_code_cell(cell) for cell in _CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "n.ipynb")
    cold, warm = Clients(), Clients(notebook_limits=NotebookLimits(warm=1))
    seconds: dict[Clients, list[float]] = {cold: [], warm: []}
    try:
        for _ in range(ROUNDS + 1):
            for clients, spent in seconds.items():
                if clients is warm:
                    await warm.warm_up()
                    await SystemClock().sleep(8.0)  # a kernel that waited is what this measures
                spent.append(await _run(clients, folder))
    finally:
        await cold.close()
        await warm.close()
    new, ready = (median(spent[1:]) for spent in seconds.values())  # the first one warms the disk
    return [
        Figure("a notebook with pandas and DuckDB, new kernel", new * 1e3, "ms"),
        Figure("the same, warm kernel", ready * 1e3, "ms"),
        Figure("how many times quicker", new / ready, "x", at_least=8),
    ]


async def _run(clients: Clients, folder: Path) -> float:
    job = NotebookJob(path=folder / "n.ipynb", copy=folder / "copy/n.ipynb", outputs=("total",))
    start = time.perf_counter()
    got = await clients.notebooks.run(job)
    if got.values != {"total": 499_500}:
        msg = f"the notebook came to {got.values}"
        raise AssertionError(msg)
    return time.perf_counter() - start
