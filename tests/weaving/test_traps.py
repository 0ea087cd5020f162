"""Small notebooks in which one value has several names, or a process keeps something: none is told apart wrongly.

All of them with `FLOWFORGE_WEAVE_ALL=1`; else every sixth.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STEP = 1 if os.environ.get("FLOWFORGE_WEAVE_ALL") else 6


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each runs in a fork")
def test_what_is_taken_apart_gives_the_same(tmp_path):
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.weaving.plainly",
        str(tmp_path),
        "0",
        str(STEP),
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)

    assert len(found) >= 108 // STEP
    assert {name: one["silent"] for name, one in found.items() if one["silent"]} == {}
    assert [name for name, one in found.items() if not one["is_same"]] == []
