"""Notebooks that failed go on from that cell; each kernel costs a second or two, so each test looks at much."""

import json
import os
import stat

import nbformat
import psutil
import pytest

from flowforge_lab.clients import KernelKept, NotebookJob, NotebookResumed
from flowforge_lab.errors import NodeError

pytestmark = pytest.mark.kernel
FAILS = "if not os.path.exists('mended'):\n    raise ValueError('not yet')\nresult = total + 1"
CELLS = (
    "import os\nrows = [n, 2, 3]",
    "print('told')\nwith open('log.txt', 'a') as file:\n    _ = file.write('x')",
    "total = sum(rows)\nprint(total)",
)


@pytest.fixture
def write(tmp_path):
    def write(*cells):
        parts = [nbformat.v4.new_code_cell("n = 0", metadata={"tags": ["parameters"]})]
        parts += [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=parts), tmp_path / "n.ipynb")

    return write


@pytest.fixture
def go(run, clients, tmp_path):
    heard = []

    def go(name, **facts):
        heard.clear()
        copy = tmp_path / name / "n.ipynb"
        job = NotebookJob(path=tmp_path / "n.ipynb", copy=copy, parameters={"n": 1}, **facts)
        return run(clients.notebooks.run(job, listen=heard.append))

    go.heard = heard
    go.copy = lambda name: nbformat.read(tmp_path / name / "n.ipynb", as_version=4)
    return go


def fails(go, name, **facts):
    with pytest.raises(NodeError) as caught:
        go(name, **facts)
    return caught.value


def test_goes_on_with_what_is_proven_again_and_the_rest_as_it_was(go, write, tmp_path):
    write(*CELLS, FAILS)
    fails(go, "first")
    (tmp_path / "mended").touch()

    got = go("second", earlier=tmp_path / "first/n.ipynb", outputs=("result",))

    cells = go.copy("second").cells
    assert (got.values, got.resumed_from, got.completed) == ({"result": 7}, 6, 6)
    assert (tmp_path / "log.txt").read_text() == "x"
    assert [cell.outputs[0].text for cell in cells if cell.outputs] == ["told\n", "6\n"]
    assert cells[3].metadata.flowforge.resumed == "kept"
    assert go.copy("second").metadata.flowforge.resumed == {"from": 6, "replayed": [1, 2, 3, 5]}


def test_what_cannot_be_had_again_is_told_and_nothing_runs(go, write, tmp_path):
    write("import os, subprocess\nhere = subprocess.run(['true']).returncode", "1/0\nprint(here)")
    fails(go, "first")

    error = fails(go, "second", earlier=tmp_path / "first/n.ipynb")

    assert error.type == "notebook.not_resumable"
    assert "cell 3 sets or may change here" in error.detail
    assert go.heard == []
    assert fails(go, "third", earlier=tmp_path / "first/n.ipynb", is_repeatable=True).type == (
        "notebook.failed"
    )


def test_a_kept_kernel_can_be_attached_to_goes_on_and_is_gone_then(go, write, tmp_path):
    opaque = "import os, subprocess\nhere = subprocess.run(['true'])\npid = os.getpid()"
    write(opaque, "1/0")
    fails(go, "first", keep_seconds=60)
    kept = go.heard[-1]
    facts = json.loads(kept.connection_file.read_text())
    write(opaque, "code = here.returncode")

    got = go("second", earlier=tmp_path / "first/n.ipynb", outputs=("code", "pid"))

    assert isinstance(kept, KernelKept)
    assert (facts["pid"], facts["kernel_name"]) == (got.values["pid"], "python3")
    assert next(one for one in go.heard if isinstance(one, NotebookResumed)).is_attached
    assert got.values["code"] == 0
    assert not kept.connection_file.exists()
    assert not psutil.pid_exists(got.values["pid"])


def test_a_kept_kernel_is_private_and_ends_by_itself(go, write):
    write("import os, time\ntime.sleep(60)")
    error = fails(go, "first", keep_seconds=1.5, cell_seconds=0.5)
    kept = go.heard[-1].connection_file
    mode = stat.S_IMODE(kept.stat().st_mode)
    process = psutil.Process(json.loads(kept.read_text())["pid"])

    ended = process.wait(timeout=20)

    assert (error.type, mode) == ("notebook.cell_timeout", 0o600)
    assert ended in (None, 0, -9)
    assert not kept.exists()
    assert go.copy("first").cells[-1].metadata.flowforge.status == "timed_out"


def test_what_changed_runs_again_and_all_after_it(go, write, tmp_path):
    write("import os\na = 1", "b = a + 1", "1/0")
    fails(go, "first")
    write("import os\na = 1", "b = a + 10", "c = b")

    got = go("second", earlier=tmp_path / "first/n.ipynb", outputs=("c",))

    assert (got.values, got.resumed_from) == ({"c": 11}, 4)


def test_an_earlier_copy_that_is_none_is_told_before_anything_starts(go, write, tmp_path):
    write("1")
    (tmp_path / "broken.ipynb").write_text("{")

    assert fails(go, "first", earlier=tmp_path / "broken.ipynb").type == "notebook.invalid"
    assert not os.path.exists(tmp_path / "first")  # noqa: PTH110  # the plain question
