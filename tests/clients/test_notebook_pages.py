"""Executed notebooks as pages that load nothing from elsewhere, and as PDFs."""

import asyncio
import os
import re
import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from flowforge_lab.clients import NotebookLimits, NotebookRunner, write_page
from flowforge_lab.errors import NodeError

pytestmark = pytest.mark.slow
WIDGET = {
    "application/vnd.jupyter.widget-view+json": {"model_id": "a", "version_major": 2},
    "text/plain": "IntSlider(value=3)",
}
STATE = {"state": {"a": {"model_name": "IntSliderModel", "model_module": "controls"}}}
LOADED = re.compile(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//|import\s.*["']https?://""")


@pytest.fixture
def page_of(tmp_path):
    def page_of(*outputs, text="", **options):
        book = new_notebook(cells=[new_markdown_cell(text), new_code_cell("secret_code = 1")])
        book.cells[1].outputs = [new_output("display_data", data=dict(data)) for data in outputs]
        book.metadata.widgets = {"application/vnd.jupyter.widget-state+json": STATE}
        nbformat.write(book, tmp_path / "report.ipynb")
        page = tmp_path / "report.html"
        write_page(tmp_path / "report.ipynb", page, **options)
        return page

    return page_of


@pytest.fixture
def printer():
    if shutil.which("chromium") is None:
        if os.environ.get("FLOWFORGE_CI"):
            pytest.fail("chromium is missing")
        pytest.skip("chromium is missing")
    return NotebookRunner(limits=NotebookLimits(browser="chromium"))


@pytest.fixture
def asked():
    """A server, and the paths it was asked for."""
    paths = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


def test_a_page_loads_nothing_from_elsewhere(page_of):
    text = page_of(WIDGET, text="$x^2$\n\n```mermaid\ngraph TD; A-->B\n```").read_text()

    assert LOADED.findall(text) == []
    assert "cdn" not in text
    assert "IntSlider(value=3)" in text
    assert "graph TD" in text


@pytest.mark.parametrize(
    ("latex", "drawn"),
    [
        ("$x^2$", "<msup>"),
        (r"$$\frac{a}{b}$$", "<mfrac>"),
        (r"\begin{align} a &= b \end{align}", "<mtable"),
    ],
)
def test_formulas_are_drawn_by_the_browser_itself(page_of, latex, drawn):
    assert drawn in page_of(text=latex).read_text()


def test_formulas_among_the_outputs_too(page_of):
    latex = {"text/latex": r"$\displaystyle \int_0^1 x\,dx$", "text/plain": "Integral"}

    assert "<msubsup>" in page_of(latex).read_text()


@pytest.mark.parametrize("text", [r"$\frac{$", "`$x^2$`"])
def test_what_is_no_formula_stands_as_it_was_written(page_of, text):
    page = page_of(text=text).read_text()

    assert "<math" not in page
    assert text.strip("`$") in page


def test_prints_what_is_on_the_page(page_of, printer, tmp_path):
    from pypdf import PdfReader

    table = {"text/html": "<b>Total 42</b><script>document.write('by a script')</script>"}
    page = page_of(table, text="# Sales", has_code=False, is_enclosed=True)

    asyncio.run(printer.print_page(page, tmp_path / "report.pdf"))

    text = PdfReader(tmp_path / "report.pdf").pages[0].extract_text()
    for shown in ("Sales", "Total 42", "by a script"):
        assert shown in text
    assert "secret_code" not in text


def test_printing_asks_nobody_and_reads_no_other_file(page_of, printer, tmp_path, asked):
    from pypdf import PdfReader

    address, paths = asked
    (tmp_path / "private.html").write_text("confidential")
    outside = {
        "text/html": f"<p>printed</p><img src='{address}/a.png'><iframe src='{address}/b'></iframe>"
        f"<script>fetch('{address}/c')</script><iframe src='private.html'></iframe>"
    }
    page = page_of(outside, is_enclosed=True)

    asyncio.run(printer.print_page(page, tmp_path / "report.pdf"))

    text = PdfReader(tmp_path / "report.pdf").pages[0].extract_text()
    assert ("printed" in text, "confidential" in text, paths) == (True, False, [])


def test_without_a_browser_it_says_what_to_do(page_of, tmp_path):
    printer = NotebookRunner(limits=NotebookLimits(browser="no-such-browser"))

    with pytest.raises(NodeError, match="no browser") as caught:
        asyncio.run(printer.print_page(page_of(), tmp_path / "report.pdf"))

    assert caught.value.type == "library.missing"
    assert "FLOWFORGE_PDF_BROWSER" in caught.value.detail


def test_a_browser_that_prints_nothing_is_told_of(page_of, tmp_path):
    program = tmp_path / "broken"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no display')\n")
    program.chmod(0o755)
    printer = NotebookRunner(limits=NotebookLimits(browser=str(program)))

    with pytest.raises(NodeError) as caught:
        asyncio.run(printer.print_page(page_of(), tmp_path / "report.pdf"))

    assert (caught.value.type, caught.value.detail) == ("notebook.print", "no display")
    assert not (tmp_path / "report.pdf").exists()
