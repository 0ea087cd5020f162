"""A notebook that failed goes on in its cell, from the side bar, the viewer and the dashboard."""

import nbformat
import pytest
from playwright.sync_api import expect

import flowforge_lab as ff
from tests.browser.jupyterlab.test_desk import open_side, section

BROKEN = ("rows = [1, 2, 3]", "print(len(rows))", "total = sum(rows) / 0")
STUCK = ("import subprocess\nfound = subprocess.run(['true']).returncode", "found / 0")


def write(folder, name, *cells):
    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
    nbformat.write(notebook, folder / name)


@pytest.fixture
def failed(jupyterlab):
    """Run a notebook that fails, as a schedule would, and return its execution."""
    write(jupyterlab.folder, "broken.ipynb", *BROKEN)
    write(jupyterlab.folder, "stuck.ipynb", *STUCK)
    with ff.open_lab(jupyterlab.folder) as lab:
        lab.notebooks.run("stuck.ipynb")
        return lab.notebooks.run("broken.ipynb").execution_id


@pytest.mark.timeout(240)
@pytest.mark.kernel
def test_a_notebook_that_failed_is_mended_and_goes_on_in_its_cell(
    desk, page, jupyterlab, failed, shot
):
    desk()
    side = open_side(page)
    row = section(side, "Failed lately").locator(".ffl-row", has_text="stuck")
    row.get_by_role("button", name="Go on or run again").click()
    dialog = page.locator(".ffl-dialog")
    expect(dialog.locator("[data-how=cell]")).to_contain_text("subprocess.run")
    expect(dialog.locator("[data-how=cell] input")).to_be_disabled()
    expect(dialog.locator("[data-how=step] input")).to_be_checked()
    shot("go-on-stuck")
    dialog.get_by_role("button", name="Cancel").click()

    row = section(side, "Failed lately").locator(".ffl-row", has_text="broken")
    row.locator(".ffl-row-main").click()
    viewer = page.locator(".ff-viewer:visible")
    viewer.get_by_role("button", name="Go on…").click()
    cell = viewer.locator("[data-how=cell]")
    expect(cell).to_contain_text("Go on in cell 3 of 3 of broken.ipynb")
    expect(cell).to_contain_text("Cell 1 runs again first")
    shot("go-on-viewer")
    write(jupyterlab.folder, "broken.ipynb", *BROKEN[:2], "total = sum(rows)")
    cell.get_by_role("button", name="Start").click()

    expect(viewer.locator(".ff-state")).to_contain_text("Succeeded", timeout=60000)
    expect(viewer.locator(".ff-title small")).not_to_have_text(failed)
    shot("go-on-done")
