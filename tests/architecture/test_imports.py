"""The product starts fast: what is heavy is imported where it is used, and not before."""

import statistics
import subprocess
import sys
import time

import pytest

HEAVY = (
    "duckdb",
    "pandas",
    "numpy",
    "pyarrow",
    "fastapi",
    "panel",
    "nbclient",
    "nbformat",
    "papermill",
    "jupyter_client",
    "httpx",
    "anywidget",
    "psycopg",
    "mcp",
    "mcp_types",
)


def heavy_after(code):
    """Return which heavy modules a fresh interpreter has imported after `code`."""
    check = f"{code}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    command = [sys.executable, "-c", check]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "import flowforge_lab",
        "import flowforge_lab as ff; ff.Workflow, ff.Document",
        "import flowforge_lab.cli",
        "import flowforge_lab.engine",
        "import flowforge_lab.store",
        "from flowforge_lab.nodes import Registry; Registry().kinds()",
    ],
)
def test_importing_brings_nothing_heavy(code):
    assert heavy_after(code) == []


@pytest.mark.slow
def test_opening_a_lab_brings_no_tables_and_no_kernels():
    found = heavy_after("import flowforge_lab as ff; ff.open_lab")

    assert set(found) <= {"httpx"}


@pytest.mark.slow
def test_the_server_does_not_load_the_sdk_of_assistants_before_one_asks():
    found = heavy_after("import flowforge_lab.api")

    assert not {"mcp", "mcp_types", "panel"} & set(found)


@pytest.mark.bench
def test_importing_takes_a_third_of_a_second_at_most():
    lengths = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import flowforge_lab"], check=True)
        lengths.append(time.perf_counter() - started)

    print(f"import flowforge_lab: {statistics.median(lengths):.3f} s with the interpreter")
    assert statistics.median(lengths) <= 0.3
