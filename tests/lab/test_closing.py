"""A lab that is closed, and a script that ends without closing one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import StoreError

ROOT = Path(__file__).parents[2]
SCRIPT = """\
import atexit, asyncio, sys, time
import flowforge_lab as ff

lab = ff.open_lab(sys.argv[1])
atexit.register(print, "closed", flush=True)
def let_turns_look():  # called before the lab is closed, when there are no threads any more
    for _ in range(500):
        names = {task.get_name() for task in asyncio.all_tasks(lab._loop.loop)}
        if "run turns" not in names:
            break
        time.sleep(0.02)
atexit.register(let_turns_look)
workflow = ff.Workflow(id="paced", settings=ff.Settings(rate="1/h"))
for _ in range(2):
    lab.start(workflow.with_node("start", "trigger.manual"))
"""


@pytest.mark.slow
def test_a_script_that_ends_with_executions_queued_says_nothing(tmp_path):
    done = subprocess.run(
        (sys.executable, "-c", SCRIPT, tmp_path),
        env={**os.environ, "PYTHONPATH": str(ROOT), "FLOWFORGE_OWNER_LINGER_SECONDS": "0.5"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "closed\n", "")


def test_a_closed_lab_says_that_it_is_closed(folder, settings):
    lab = ff.open_lab(folder, settings=settings)
    lab.close()

    for call in (lab.workflows, lab.variables, lambda: lab.run("nothing.flow.yaml")):
        with pytest.raises(StoreError, match="this lab is closed: open it anew"):
            call()
    lab.close()
