import subprocess
import sys

import pytest

from flowforge_lab.clients import Clients, NotebookLimits

HEAVY = [
    "duckdb",
    "pandas",
    "pyarrow",
    "httpx",
    "papermill",
    "nbclient",
    "nbformat",
    "jupyter_client",
    "ruamel",
]


@pytest.mark.slow
def test_opening_the_clients_imports_nothing_heavy():
    code = (
        "import sys, flowforge_lab.clients as c; c.Clients()\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_clients_that_nobody_used_close_at_once(run):
    run(Clients(warm_workers=2, notebook_limits=NotebookLimits(warm=2)).close())


@pytest.mark.slow
def test_clients_close_what_they_keep_warm(run):
    clients = Clients(warm_workers=1)
    run(clients.warm_up())
    run(clients.close())
    run(clients.close())
