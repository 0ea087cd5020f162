"""Every test here starts a real kernel, but for those that end before one would start."""

import asyncio
import json
import os
import signal
from datetime import UTC, datetime

import nbformat
import pandas as pd
import pytest

from flowforge_lab.clients import (
    CellEnded,
    CellPrinted,
    CellStarted,
    Clients,
    KernelReady,
    NotebookJob,
    NotebookLimits,
    read_shape,
)
from flowforge_lab.clients.notebooks.pool import KernelPool
from flowforge_lab.clients.notebooks.shape import read_notebook
from flowforge_lab.errors import NodeError
from flowforge_lab.values import Frame

kernel = pytest.mark.kernel


@pytest.fixture
def write(tmp_path):
    def write(*cells, parameters=None, kernel="python3"):
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        if parameters:
            first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
            notebook.cells.insert(0, first)
        notebook.metadata["kernelspec"] = {
            "name": kernel,
            "display_name": "x",
            "language": "python",
        }
        (tmp_path / "book").mkdir(exist_ok=True)
        nbformat.write(notebook, tmp_path / "book/n.ipynb")
        return tmp_path / "book/n.ipynb"

    return write


@pytest.fixture
def events():
    return []


@pytest.fixture
def execute(run, clients, tmp_path, events):
    def execute(path, **facts):
        job = NotebookJob(path=path, copy=tmp_path / "kept/n.ipynb", **facts)
        return run(clients.notebooks.run(job, listen=events.append))

    return execute


@pytest.fixture
def copy(tmp_path):
    return lambda: nbformat.read(tmp_path / "kept/n.ipynb", as_version=4)


def fails(execute, path, **facts):
    with pytest.raises(NodeError) as caught:
        execute(path, **facts)
    return caught.value


def states(notebook):
    return [cell.metadata.papermill.status for cell in notebook.cells]


def test_a_notebook_that_is_not_there_is_told_before_anything_starts(execute, tmp_path, events):
    assert fails(execute, tmp_path / "no.ipynb").type == "notebook.not_found"
    assert events == []
    assert not (tmp_path / "kept").exists()


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "not json", "[]", '{"cells": 1}', "\x00\x01"])
def test_a_file_that_is_no_notebook_is_told_before_anything_starts(execute, tmp_path, text):
    (tmp_path / "n.ipynb").write_text(text)

    assert fails(execute, tmp_path / "n.ipynb").type == "notebook.invalid"


@pytest.mark.slow
def test_a_kernel_that_is_not_installed_is_told_before_anything_starts(execute, write):
    error = fails(execute, write("1", kernel="cobol"))

    assert error.type == "notebook.no_kernel"
    assert "python3" in error.detail


@pytest.mark.slow
def test_a_parameter_that_cannot_be_given_is_named(execute, write):
    error = fails(execute, write("1"), parameters={"x": b"bytes"})

    assert (error.type, "'x'" in error.title) == ("notebook.parameters", True)


@kernel
def test_parameters_go_in_and_values_come_back(execute, write):
    path = write("total = sum(numbers)", "at = now", parameters="numbers = []\nnow = ''")
    parameters = {"numbers": [1, 2, 3.5], "now": datetime(2030, 1, 1, tzinfo=UTC), "other": 1}

    got = execute(path, parameters=parameters, outputs=("total", "at"))

    assert got.values == {"total": 6.5, "at": "2030-01-01T00:00:00+00:00"}
    assert got.unknown_parameters == ("other",)


@kernel
def test_a_notebook_of_format_2_runs(execute, tmp_path):
    cell = {"cell_type": "code", "input": "x = 3", "language": "python", "outputs": []}
    old = {"metadata": {"name": "old"}, "nbformat": 2, "worksheets": [{"cells": [cell]}]}
    (tmp_path / "old.ipynb").write_text(json.dumps(old))

    assert execute(tmp_path / "old.ipynb", outputs=("x",)).values == {"x": 3}


@kernel
def test_names_that_hide_those_of_python_are_in_nobodys_way(execute, write):
    path = write("open, type, isinstance = 1, 't', {'größe': größe}", parameters="größe = 5")

    got = execute(path, parameters={"größe": 6}, outputs=("isinstance", "größe"))

    assert got.values == {"isinstance": {"größe": 6}, "größe": 6}


@kernel
def test_a_cell_tagged_so_is_not_run_as_with_papermill(execute, write, events, caplog):
    path = write("1 / 0", "total = 1", "total = 2")
    notebook = nbformat.read(path, 4)
    for cell in (notebook.cells[0], notebook.cells[2]):
        cell.metadata["tags"] = ["skip-execution"]
    nbformat.write(notebook, path)

    got = execute(path, parameters={"given": 1}, outputs=("total",))

    assert (got.values, got.completed) == (
        {"total": 1},
        2,
    )  # the cell of the parameters is one more
    shape = read_shape(path)
    assert (shape.cells, shape.variables) == (1, ("total",))
    assert [cell.kind for cell in read_notebook(path).cells] == ["raw", "code", "raw"]
    assert not [one for one in caplog.records if one.name == "papermill"]


@kernel
def test_values_keep_their_types(execute, write):
    source = (
        "import datetime, decimal, numpy as np, pandas as pd\n"
        "v = {'at': datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), 'n': np.float64(1.5),"
        " 'd': decimal.Decimal('1.10'),"
        " 'a': np.array([1, 2]), 'none': pd.NaT, 't': (1, 2), 'b': b'x'}"
    )
    expected = {
        "at": datetime(2030, 1, 1, tzinfo=UTC),
        "n": 1.5,
        "a": [1, 2],
        "none": None,
        "t": [1, 2],
        "b": b"x",
    }

    got = execute(write(source), outputs=("v",)).values["v"]

    assert str(got.pop("d")) == "1.10"
    assert got == expected


@kernel
def test_frames_go_in_as_files_and_come_back_as_frames(execute, write):
    path = write(
        "import pandas as pd\nbig = pd.read_parquet(rows).assign(b=2)", parameters="rows = ''"
    )
    frame = Frame.of(pd.DataFrame({"a": [1, 2]}))

    got = execute(path, parameters={"rows": frame}, outputs=("big",)).values["big"]

    assert got.columns == {"a": "int64", "b": "int64"}
    assert got.to_pandas().b.to_list() == [2, 2]


@kernel
def test_the_copy_is_kept_and_the_original_untouched(execute, write, copy):
    path = write("print('hi')", parameters="a = 1")
    before = path.read_bytes()
    execute(path, parameters={"a": 2})

    assert path.read_bytes() == before
    assert states(copy()) == ["completed"] * 3
    assert copy().cells[2].outputs[0].text == "hi\n"
    assert copy().metadata.papermill.parameters == {"a": 2}


@kernel
def test_tells_each_cell_as_it_runs(execute, write, events):
    execute(write("print('hi')", "2"))

    assert [type(event) for event in events] == [
        KernelReady, CellStarted, CellPrinted, CellEnded, CellStarted, CellEnded
    ]  # fmt: skip
    assert (events[-1].number, events[-1].count, events[-1].status) == (2, 2, "completed")


@kernel
def test_runs_in_the_folder_of_the_notebook_and_ours_stays(execute, write):
    before = os.getcwd()  # noqa: PTH109  # the very thing that must not change
    path = write("import os; here = os.getcwd()")

    assert execute(path, outputs=("here",)).values["here"] == str(path.parent)
    assert os.getcwd() == before  # noqa: PTH109  # as above


@kernel
def test_a_cell_that_fails_is_told_and_the_rest_stays_pending(execute, write, copy):
    error = fails(execute, write("1", "1/0", "2"))

    assert (error.type, error.title) == ("notebook.failed", "ZeroDivisionError: division by zero")
    assert "code cell 2 of 3" in error.detail
    assert "\x1b" not in error.detail
    assert states(copy()) == ["completed", "failed", "pending"]


@kernel
def test_leaving_in_good_order_is_no_error(execute, write, copy):
    got = execute(write("import sys; sys.exit(0)", "1/0"))

    assert (got.completed, got.cells) == (1, 2)
    assert states(copy()) == ["completed", "pending"]


@kernel
def test_a_kernel_that_dies_is_told(execute, write, copy):
    error = fails(execute, write("1", "import os; os._exit(1)", "2"))

    assert error.type == "notebook.kernel_died"
    assert states(copy()) == ["completed", "failed", "pending"]


@kernel
def test_a_cell_and_a_whole_notebook_have_their_time(execute, write, copy):
    path = write("import time; time.sleep(60)", "2")

    assert fails(execute, path, cell_seconds=0.3).type == "notebook.cell_timeout"
    assert states(copy()) == ["failed", "pending"]
    assert fails(execute, path, seconds=4.0).type == "notebook.timeout"


@kernel
def test_a_cancelled_notebook_leaves_no_process_and_keeps_its_copy(
    run, clients, write, tmp_path, copy
):
    path = write("import os; print(os.getpid(), flush=True)", "import time; time.sleep(60)")
    job = NotebookJob(path=path, copy=tmp_path / "kept/n.ipynb")
    pids = []

    async def cancelled():
        sleeping = asyncio.Event()

        def listen(event):
            if isinstance(event, CellPrinted):
                pids.append(int(event.text))
            if isinstance(event, CellStarted) and event.number == 2:
                sleeping.set()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(clients.notebooks.run(job, listen=listen))
            await sleeping.wait()
            task.cancel()
        return task

    assert run(cancelled()).cancelled()
    assert states(copy()) == ["completed", "failed"]
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


@kernel
def test_a_kernel_killed_from_outside_is_told(run, clients, write, tmp_path):
    path = write("import os; print(os.getpid(), flush=True)\nwhile True: pass")
    job = NotebookJob(path=path, copy=tmp_path / "kept/n.ipynb")

    def listen(event):
        if isinstance(event, CellPrinted):
            os.kill(int(event.text), signal.SIGKILL)

    with pytest.raises(NodeError) as caught:
        run(clients.notebooks.run(job, listen=listen))

    assert caught.value.type == "notebook.kernel_died"


@kernel
def test_survives_a_flood_of_output(execute, write, tmp_path):
    execute(write("for _ in range(2000): print('x' * 10_000)"), max_output_bytes=1_000_000)

    assert (tmp_path / "kept/n.ipynb").stat().st_size < 1_100_000


@kernel
@pytest.mark.parametrize("name", ["missing", "odd"])
def test_a_value_that_cannot_come_back_is_named(execute, write, name):
    error = fails(execute, write("odd = object()"), outputs=(name,))

    assert (error.type, f"{name!r}" in error.title) == ("notebook.value", True)


@kernel
def test_a_value_shown_by_name_comes_back_too(execute, write):
    source = (
        "from IPython.display import display\n"
        "kind = 'application/vnd.flowforge.value+json'\n"
        "display({kind: {'name': 'n', 'value': [1]}}, raw=True)"
    )

    assert execute(write(source)).values == {"n": [1]}


@kernel
def test_a_file_that_the_notebook_never_closed_is_whole(execute, write):
    path = write("file = open('x.txt', 'w'); _ = file.write('whole')")
    execute(path)

    assert (path.parent / "x.txt").read_text() == "whole"


@kernel
def test_several_run_at_once_and_do_not_meet(run, clients, write, tmp_path):
    path = write("import time; time.sleep(0.2); y = x", parameters="x = 0")

    async def all_of_them():
        jobs = [
            NotebookJob(
                path=path, copy=tmp_path / f"{x}.ipynb", parameters={"x": x}, outputs=("y",)
            )
            for x in range(3)
        ]
        return await asyncio.gather(*(clients.notebooks.run(job) for job in jobs))

    assert [got.values["y"] for got in run(all_of_them())] == [0, 1, 2]


@kernel
def test_a_warm_kernel_has_pandas_and_is_used_once(run, write, tmp_path):
    limits = NotebookLimits(warm=1, preload=("not_there_at_all", "duckdb", "pandas"))
    clients = Clients(notebook_limits=limits)
    run(clients.warm_up())
    source = "import os, sys; was = globals().get('left'); left = 1\nhere = os.getcwd()"
    imported = (
        "import gc; has_pandas = 'pandas' in sys.modules; frozen = gc.get_freeze_count() > 10_000\n"
        "ours = [name for name in globals() if name.startswith('_flowforge')]"
    )
    names = ("was", "here", "has_pandas", "frozen", "ours")
    job = NotebookJob(path=write(source, imported), copy=tmp_path / "c.ipynb", outputs=names)
    both = [run(clients.notebooks.run(job)).values for _ in range(2)]
    run(clients.close())

    fresh = {"was": None, "here": str(job.path.parent), "has_pandas": True, "frozen": True}
    assert both == [fresh | {"ours": []}] * 2


@kernel
def test_a_warm_kernel_that_cannot_go_where_the_notebook_lies_runs_none_of_it(
    run, write, tmp_path
):
    clients = Clients(notebook_limits=NotebookLimits(warm=1, preload=()))
    run(clients.warm_up())
    path = write("open('ran', 'w').close()")
    job = NotebookJob(path=path, copy=tmp_path / "c.ipynb", folder=tmp_path / "gone")
    with pytest.raises(NodeError, match="did not start") as raised:
        run(clients.notebooks.run(job))
    run(clients.close())

    assert "FileNotFoundError" in raised.value.detail


def test_a_kernel_that_cannot_be_kept_ready_is_told_of_and_harms_nobody(run, caplog):
    async def filled():
        pool = KernelPool(NotebookLimits(warm=1), usual="not-installed")
        pool.fill()
        await pool.close()

    run(filled())
    assert "no kernel could be started to be kept ready: No such kernel" in caplog.text
