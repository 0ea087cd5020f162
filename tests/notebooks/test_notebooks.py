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


@pytest.mark.kernel
@pytest.mark.skipif(not BUNDLE.is_file(), reason="the editor is not built in this checkout")
@pytest.mark.timeout(400)
def test_the_notebooks_run_one_after_the_other(tmp_path):
    make_starter(tmp_path)
    ff.open_lab(tmp_path).close()
    notebooks = sorted((tmp_path / "notebooks").glob("*.ipynb"))

    returned, told = nbval(tmp_path, notebooks)

    assert returned == 0, told


def nbval(folder, notebooks):
    """Return how nbval ended and what it told; a cell that hangs is named, well before the test ends."""
    options = ["--nbval-lax", "--nbval-cell-timeout=90", "-v", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, "--rootdir", folder, *notebooks]
    told = folder / "told.txt"
    with told.open("wb") as out:  # no pipe: whoever else holds one open would be waited for
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            returned = process.wait(350)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            returned = process.wait()
    return returned, told.read_text()
