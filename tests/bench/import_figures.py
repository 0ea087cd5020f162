"""What it takes to make a workflow of a notebook of 200 cells, from its text alone."""

import json
import time
from pathlib import Path

from flowforge_lab.services import import_notebook

from .figures import Figure, median

CELLS = 200
ROUNDS = 7
_STYLES = (
    "table_{n} = pd.DataFrame({{'x': range({n}), 'y': [one * 2 for one in range({n})]}})",
    "def scale_{n}(value, by={n}):\n    return [one * by for one in value]",
    "big_{n} = table_{p}[table_{p}.x > {n} // 2].assign(z=lambda t: t.x + t.y)",
    "by_{n} = big_{p}.groupby('x').z.agg(['sum', 'mean']).reset_index()",
    "for i, row in by_{p}.iterrows():\n    rows.append(f'{{i}}: {{row.sum}}')\ncount_{n} = len(rows)",
)


def measure(folder: Path) -> list[Figure]:
    """Return the milliseconds from the file to the workflow and its report."""
    path = folder / "large.ipynb"
    sources = ["import pandas as pd\nrows = []"]
    sources += [_STYLES[n % 5].format(n=n, p=_before(n)) for n in range(CELLS - 1)]
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}), encoding="utf-8")
    told, written = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        made = import_notebook(path)
        between = time.perf_counter()
        _ = made.document
        told.append(between - start)
        written.append(time.perf_counter() - between)
    what = f"a notebook of {CELLS} cells as a workflow of {len(made.nodes)} nodes"
    return [
        Figure(what, median(told) * 1e3, "ms", at_most=200),
        Figure("the text of its file", median(written) * 1e3, "ms"),
    ]


def _before(n: int) -> int:
    """Return the number of the cell before that makes what a cell takes."""
    return {2: n - 2, 3: n - 1, 4: n - 1}.get(n % 5, n)
