"""One key starts one execution, whoever uses it at the same time, and over the death of the owner."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, PlanError

ROOT = Path(__file__).parents[2]
HELLO = """\
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: test.append, config: {path: "%s"}}
"""
START = """
import sys, flowforge_lab as ff
with ff.open_lab(sys.argv[1]) as lab:
    sys.stdin.readline()
    try:
        print(lab.run(sys.argv[2], key="one", key_window=3600).execution_id)
    except ff.errors.ConflictError as error:
        print("known", str(error).split()[-1])
"""


@pytest.fixture
def path(folder):
    path = folder / "hello.flow.yaml"
    path.write_text(HELLO % (folder / "lines"))
    return path


def all_at_once(count, *arguments):
    """Start processes that open the lab, let them start together, and return what each said."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", START, *map(str, arguments)]
    children = [subprocess.Popen(command, env=environment, **pipes) for _ in range(count)]
    return [child.communicate("go\n")[0].strip() for child in children]


def owner_pid(folder):
    return int(json.loads((folder / ".flowforge" / "owner.json").read_text())["pid"])


@pytest.mark.slow
def test_of_eight_processes_at_once_one_starts_the_execution(folder, path):
    said = all_at_once(8, folder, path)

    [started] = [line for line in said if not line.startswith("known")]
    assert said.count(f"known {started}") == 7
    assert len((folder / "lines").read_text().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.in_folder
def test_a_key_outlives_the_owner_that_is_killed_and_the_lab_that_is_closed(
    folder, path, settings
):
    with ff.open_lab(folder, settings=settings) as lab:
        first = lab.run(path, key="one", key_window=3600).execution_id
        os.kill(owner_pid(folder), signal.SIGKILL)
        with pytest.raises(ConflictError, match=first):
            lab.run(path, key="one")

    with ff.open_lab(folder, settings=settings) as lab, pytest.raises(ConflictError, match=first):
        lab.run(path, key="one")

    assert len((folder / "lines").read_text().splitlines()) == 1


def test_a_key_is_of_use_again_after_its_window(lab, path):
    first = lab.run(path, key="one", key_window=0.01)
    second = lab.run(path, key="one", key_window=3600)

    assert first.execution_id != second.execution_id
    with pytest.raises(ConflictError, match=second.execution_id):
        lab.run(path, key="one")


def test_a_window_that_is_over_before_it_begins_is_refused(lab, folder):
    with pytest.raises(ValueError, match="expected seconds above 0, found -5"):
        lab.run("any", key="one", key_window=-5)


def test_a_window_without_a_key_starts_nothing(lab, path):
    with pytest.raises(PlanError, match="a window is for a key, and there is none"):
        lab.run(path, key_window=3600)
    assert lab.heads() == []


def test_another_workflow_may_use_the_same_key(lab, path, folder):
    other = folder / "report.flow.yaml"
    other.write_text(HELLO % (folder / "report lines"))

    lab.run(path, key="2026-07")
    second = lab.run(other, key="2026-07").execution_id

    assert lab.get(second).key == "2026-07"
    with pytest.raises(ConflictError, match=rf"of report with the key '2026-07'.*{second}"):
        lab.queue.put(other, key="2026-07")
