"""The notebooks run from the first cell to the last, in a lab made from the starter."""

import os
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
    # A cell that hangs is named, and shown with what it waited for, well before the test ends.
    options = ["--nbval-lax", "--nbval-cell-timeout=90", "-q", "-p", "no:cacheprovider"]
    options += ["--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *options, *map(str, notebooks)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
