"""Kernels that die, hang, flood and leave children behind: each run ends as what it was, and nothing is left.

`FLOWFORGE_SOAK_RUNS` is how many runs the soak makes; a hundred in the long form.
"""

import asyncio
import os
import random
import tempfile
from collections import Counter
from pathlib import Path

import nbformat
import psutil
import pytest

from flowforge_lab.clients import CellPrinted, CellStarted, Clients, NotebookJob, NotebookLimits
from flowforge_lab.errors import NodeError

pytestmark = pytest.mark.kernel
RUNS = int(os.environ.get("FLOWFORGE_SOAK_RUNS", "8"))
ESCAPES = (
    "import subprocess, sys\n"
    "nap = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
    "one = subprocess.Popen(nap)\n"
    "two = subprocess.Popen(nap, start_new_session=True)\n"
    "print(one.pid, two.pid, flush=True)"
)
DEAF = (
    "import signal, time\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "while True:\n    time.sleep(0.1)"
)


@pytest.fixture
def run():
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def write(tmp_path):
    def write(name, *cells):
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(one) for one in cells]
        )
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
        return tmp_path / f"{name}.ipynb"

    return write


@pytest.fixture
def clients(run):
    clients = Clients()
    yield clients
    run(clients.close())


async def end_of(clients, job, *, listen=lambda _event: None):
    """Return the word for how a run ended."""
    try:
        await clients.notebooks.run(job, listen=listen)
    except NodeError as error:
        return error.type
    return "succeeded"


def statuses(copy):
    notebook = nbformat.read(copy, as_version=4)
    return notebook.metadata.flowforge.status, [
        cell.metadata.get("flowforge", {}).get("status", cell.metadata.papermill.status)
        for cell in notebook.cells
    ]


def is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_cancelled_run_takes_its_children_along_also_those_that_left_its_group(
    run, clients, write, tmp_path
):
    path = write("escapes", ESCAPES, "nap = 1\nimport time; time.sleep(600)")
    pids = []

    async def cancelled():
        sleeping = asyncio.Event()

        def listen(event):
            if isinstance(event, CellPrinted):
                pids.extend(map(int, event.text.split()))
            if isinstance(event, CellStarted) and event.number == 2:
                sleeping.set()

        async with asyncio.TaskGroup() as group:
            job = NotebookJob(path=path, copy=tmp_path / "copy/n.ipynb")
            task = group.create_task(clients.notebooks.run(job, listen=listen))
            await sleeping.wait()
            task.cancel()
        return task

    assert run(cancelled()).cancelled()
    assert (len(pids), all(map(is_gone, pids))) == (2, True)
    assert statuses(tmp_path / "copy/n.ipynb") == ("cancelled", ["completed", "cancelled"])


def test_a_kernel_that_ignores_interrupts_is_ended_and_not_kept(run, clients, write, tmp_path):
    job = NotebookJob(
        path=write("deaf", DEAF, "1"),
        copy=tmp_path / "copy/n.ipynb",
        cell_seconds=0.5,
        keep_seconds=60,
    )
    heard = []

    assert run(end_of(clients, job, listen=heard.append)) == "notebook.cell_timeout"
    assert statuses(tmp_path / "copy/n.ipynb") == ("timed_out", ["timed_out", "pending"])
    assert type(heard[-1]).__name__ == "CellEnded"


def test_a_notebook_that_takes_too_much_memory_is_ended(run, write, tmp_path):
    clients = Clients(notebook_limits=NotebookLimits(max_memory_bytes=400_000_000))
    greedy = "kept = [bytes(b'x') * 50_000_000 for _ in range(12)]\nimport time\ntime.sleep(60)"
    job = NotebookJob(path=write("greedy", greedy), copy=tmp_path / "copy/n.ipynb")

    assert run(end_of(clients, job)) == "notebook.memory"
    run(clients.close())


def test_a_kernel_that_is_killed_at_any_moment_is_told_as_such(run, clients, write, tmp_path):
    path = write("busy", *["total = sum(range(300_000))\nprint(total)"] * 12)
    generator = random.Random(7)

    async def killed():
        heard = []
        job = NotebookJob(path=path, copy=tmp_path / "copy/n.ipynb")
        async with asyncio.TaskGroup() as group:
            task = group.create_task(end_of(clients, job, listen=heard.append))
            while not (kernels := ours()):
                await asyncio.sleep(0.01)
            moment = generator.randrange(
                30
            )  # of 37 events: while it starts, in a cell, between two
            while len(heard) < moment and not task.done():
                await asyncio.sleep(0.002)
            for kernel in kernels:
                kernel.kill()
        return task.result()

    ends = {run(killed()) for _ in range(3)}

    assert ends <= {"notebook.kernel_died", "succeeded"}
    whole, cells = statuses(tmp_path / "copy/n.ipynb")
    assert whole in {"kernel_died", "completed"}
    assert (whole == "completed") == (set(cells) == {"completed"})


@pytest.mark.slow
def test_a_notebook_cut_off_anywhere_is_told_before_anything_starts(run, clients, write, tmp_path):
    text = write("whole", "x = 1", "print(x)").read_text()
    generator = random.Random(11)

    for _ in range(40):
        cut = tmp_path / "cut.ipynb"
        cut.write_text(text[: generator.randrange(len(text) - 2)])
        job = NotebookJob(path=cut, copy=tmp_path / "copy/n.ipynb")
        assert run(end_of(clients, job)) == "notebook.invalid"
    assert not (tmp_path / "copy").exists()


def ours():
    """Return the kernels that this process has started."""
    found = psutil.Process().children(recursive=True)
    return [one for one in found if any("ipykernel" in part for part in words_of(one))]


def words_of(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def left_files():
    return set(Path(tempfile.gettempdir()).glob("ffk-*")) | set(
        Path(tempfile.gettempdir()).glob("flowforge-values-*")
    )


def mixed(write):
    """Return what is run, and how each of it ends."""
    return {
        "well": (write("well", "x = 1\nprint(x)"), "succeeded"),
        "fails": (write("fails", "1/0"), "notebook.failed"),
        "dies": (write("dies", "import os\nos._exit(3)"), "notebook.kernel_died"),
        "leaves": (write("leaves", "import sys\nsys.exit(0)"), "succeeded"),
        "sleeps": (write("sleeps", "import time\ntime.sleep(600)"), "notebook.cell_timeout"),
        "escapes": (write("escapes", ESCAPES, "1/0"), "notebook.failed"),
        "floods": (write("floods", "for _ in range(300): print('x' * 10_000)"), "succeeded"),
        "stops": (write("stops", "import time\ntime.sleep(600)"), "cancelled"),
    }


def test_many_runs_of_every_sort_leave_no_process_file_or_socket_behind(run, write, tmp_path):
    kinds = mixed(write)
    clients = Clients(notebook_limits=NotebookLimits(warm=1, preload=(), at_once=3))
    files, descriptors = left_files(), psutil.Process().num_fds()
    others = psutil.Process().children(recursive=True)  # fixtures of the session have some
    wanted = [list(kinds)[number % len(kinds)] for number in range(RUNS)]

    async def one(number, kind):
        path, _ = kinds[kind]
        seconds = 1.0 if kind == "sleeps" else None
        job = NotebookJob(
            path=path,
            copy=tmp_path / f"copies/{number}.ipynb",
            cell_seconds=seconds,
            max_output_bytes=100_000,
            outputs=("x",) if kind == "well" else (),
        )
        if kind != "stops":
            return await end_of(clients, job)
        return await stopped(clients, job)

    async def all_of_them():
        return await asyncio.gather(*(one(*each) for each in enumerate(wanted)))

    ends = run(all_of_them())
    run(clients.close())
    assert Counter(ends) == Counter(kinds[kind][1] for kind in wanted)
    assert left_files() - files == set()
    left = [one for one in psutil.Process().children(recursive=True) if one not in others]
    assert [one for one in left if not is_gone(one.pid)] == []
    assert psutil.Process().num_fds() <= descriptors + 8


async def stopped(clients, job):
    running = asyncio.Event()

    def listen(event):
        if isinstance(event, CellStarted):
            running.set()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(clients.notebooks.run(job, listen=listen))
        await running.wait()
        task.cancel()
    return "cancelled" if task.cancelled() else "ended"
