"""The notebooks run from the first cell to the last, in a lab made from the starter."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.cli.starter import make_starter

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "flowforge_lab" / "assets" / "editor.js"


ROWS = (("01", "02", "06"), ("03", "04", "05", "07"))  # 02 asks the history that 01 has made


@pytest.mark.kernel
@pytest.mark.skipif(not BUNDLE.is_file(), reason="the editor is not built in this checkout")
@pytest.mark.timeout(400)
def test_the_notebooks_run_in_two_rows_side_by_side(tmp_path):
    make_starter(tmp_path)
    ff.open_lab(tmp_path).close()
    rows = [[notebook(tmp_path, number) for number in row] for row in ROWS]

    runs = [begin(tmp_path, row) for row in rows]
    ended = [end(process) for process, _told in runs]

    assert ended == [0, 0], "\n".join(told.read_text() for _process, told in runs)
    assert {*rows[0], *rows[1]} == set((tmp_path / "notebooks").glob("*.ipynb"))


def notebook(folder, number):
    [found] = (folder / "notebooks").glob(f"{number}-*.ipynb")
    return found


def begin(folder, notebooks):
    """Start nbval on notebooks, and return it and where it tells; it names a cell that hangs."""
    options = ["--nbval-lax", "--nbval-cell-timeout=120", "-v", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, "--rootdir", folder, *notebooks]
    told = folder / f"told-{notebooks[0].stem}.txt"
    with told.open("wb") as out:  # no pipe: whoever else holds one open would be waited for
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return process, told


def end(process):
    """Return how it ended; what takes too long is ended well before the test is."""
    try:
        return process.wait(350)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()
