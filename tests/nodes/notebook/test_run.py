import os
import shutil
from pathlib import Path

import nbformat
import pytest

from flowforge_lab.clients import write_page
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Registry
from flowforge_lab.nodes.builtin.notebook import run


@pytest.fixture
def notebook(attempt):
    first = nbformat.v4.new_code_cell("month = 1", metadata={"tags": ["parameters"]})
    cells = [first, nbformat.v4.new_code_cell("print('go')\nnext_month = month + 1")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), attempt.folder / "report.ipynb")


@pytest.mark.kernel
def test_runs_with_parameters_and_keeps_the_copy(visit, attempt, notebook):
    config = {
        "path": "report.ipynb",
        "parameters": {"month": 7, "moth": 1},
        "outputs": ["next_month"],
    }

    got = visit("notebook.run", config)

    assert (got.values, got.cells, got.completed) == ({"next_month": 8}, 3, 3)
    assert Path(got.notebook) == attempt.artifacts / "report.ipynb"
    assert Path(got.notebook).is_file()
    assert attempt.steps[-1] == (1.0, "cell 3 of 3 completed")
    assert {line.message for line in attempt.lines} == {
        "go",
        "the notebook has no parameter 'moth'",
    }


@pytest.mark.kernel
@pytest.mark.parametrize(("html", "has_code"), [("all", True), ("without_code", False)])
def test_the_copy_comes_as_a_page_too(visit, attempt, notebook, html, has_code):
    got = visit("notebook.run", {"path": "report.ipynb", "html": html})

    page = Path(got.html).read_text()
    assert Path(got.html) == attempt.artifacts / "report.html"
    assert [(f.name, f.type, f.content.decode()) for f in got.files] == [
        ("report.html", "text/html", page)
    ]
    assert (">go\n" in page, "next_month" in page) == (True, has_code)


@pytest.mark.kernel
def test_a_page_too_large_to_be_sent_is_kept_all_the_same(visit, attempt, notebook, monkeypatch):
    monkeypatch.setattr(run, "_MAX_SENT_BYTES", 1000)

    got = visit("notebook.run", {"path": "report.ipynb", "html": "all"})

    assert (got.files, Path(got.html).is_file()) == ([], True)
    assert "report.html is over 1,000 bytes" in [*attempt.lines][-1].message


@pytest.mark.kernel
def test_the_copy_comes_as_a_pdf_too(visit, attempt, notebook):
    if shutil.which("chromium") is None and not os.environ.get("FLOWFORGE_CI"):
        pytest.skip("chromium is missing")

    got = visit("notebook.run", {"path": "report.ipynb", "pdf": "without_code"})

    assert got.pdf == str(attempt.artifacts / "report.pdf")
    assert Path(got.pdf).read_bytes().startswith(b"%PDF")
    assert [(file.name, file.type) for file in got.files] == [("report.pdf", "application/pdf")]
    assert not list(attempt.artifacts.glob("*.html"))


@pytest.mark.slow
def test_what_cannot_be_a_page_is_told(tmp_path):
    (tmp_path / "broken.ipynb").write_text('{"cells": 5}')

    with pytest.raises(NodeError) as caught:
        write_page(tmp_path / "broken.ipynb", tmp_path / "broken.html")

    assert (caught.value.type, caught.value.is_transient) == ("notebook.invalid", False)


@pytest.mark.parametrize("path", ["no.ipynb", "../report.ipynb"])
def test_a_notebook_that_is_not_there_is_told(visit, path):
    with pytest.raises(NodeError) as caught:
        visit("notebook.run", {"path": path})

    assert caught.value.type in {"file.not_found", "file.outside"}


def test_may_take_an_hour_and_counts_as_writing_unless_said_otherwise():
    kind = Registry().get("notebook.run")

    assert kind.timeout == 3600.0
    assert kind.effects_with({}) == "writes"
    assert kind.effects_with({"effects": "reads"}) == "reads"
