"""`03-reactive.ipynb` in JupyterLab with the reactive kernel: what changes runs its dependents, and nothing else."""

import re

import httpx
import nbformat
import pandas as pd
import pytest
from playwright.sync_api import expect

import flowforge_lab as ff
from flowforge_lab.cli.starter import make_starter
from tests.browser.conftest import accept_kernel
from tests.browser.driver import EditorDriver, until

pytest.importorskip("ipyflow")

NOTEBOOK = "reactive/notebooks/03-reactive.ipynb"
QUERY = "SELECT origin, hour, 60 AS arr_delay FROM flights WHERE month = $month"
LATER = """\
later = widgets.Button(description="An hour later")
later.on_click(lambda _button: choice.param.update(first_hour=choice.first_hour + 1))
later"""
CELLS = {
    "graph": "by_hour = (",
    "inputs": "month = widgets",
    "outcome": "outcome = lab.run",
    "plot": "shown = delays",
    "limit": "limit = ",
    "late": "late = delays",
    "choice": "class Choice",
    "watched": "here = delays",
}


@pytest.fixture
def reactive(page, lab_folder, lab_url):
    """Open the notebook in a lab with few flights, run all of it, and return where it is."""
    folder = lab_folder / "reactive"
    make_starter(folder)
    write_few_flights(folder / "data")
    add_cell(lab_folder / NOTEBOOK, LATER)
    ff.open_lab(folder).close()
    start_kernel(lab_url, NOTEBOOK)
    page.goto(f"{lab_url}/lab/workspaces/reactive/tree/{NOTEBOOK}?token=secret")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60000)
    idle = page.locator("#jp-main-statusbar").get_by_text("(ipyflow) | Idle")
    expect(idle).to_be_visible(timeout=60000)
    assert until(lambda: run_all(page), times=4)
    expect(output(page, "late")).to_contain_text("hours are more than 15", timeout=60000)
    assert until(lambda: settled(page), times=60)
    return folder


def add_cell(path, source):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, path)


def start_kernel(url, notebook):
    """Start the notebook's kernel before a page waits for it: it is slower than the page is patient."""
    with httpx.Client(base_url=f"{url}/api", headers={"Authorization": "token secret"}) as server:
        wanted = {"path": notebook, "name": "", "type": "notebook", "kernel": {"name": "ipyflow"}}
        server.post("/sessions", json=wanted, timeout=60).raise_for_status()


def write_few_flights(folder):
    """Write tables of the shape of the real ones; those of the package take seconds to be read."""
    folder.mkdir()
    rows = [
        {"month": month, "origin": origin, "hour": hour, "arr_delay": 5.0 * month + 2.0 * hour}
        for month in (1, 2)
        for origin in ("EWR", "JFK", "LGA")
        for hour in range(5, 10)
    ]
    pd.DataFrame(rows).to_parquet(folder / "flights.parquet")
    pd.DataFrame({"carrier": ["UA"], "name": ["United"]}).to_parquet(folder / "airlines.parquet")


def run_all(page):
    """Run all cells and return whether the first has run; a kernel that connects drops the wish."""
    accept_kernel(page)
    page.get_by_role("menuitem", name="Run").click()
    page.get_by_text("Run All Cells", exact=True).click()
    first = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").first
    quiet = 0
    while quiet < 20:
        page.wait_for_timeout(500)
        shown = first.text_content()
        if re.search(r"\d", shown):
            return True
        quiet = 0 if "*" in shown else quiet + 1
    return False


def cell(page, name):
    return page.locator(".jp-Notebook .jp-CodeCell", has_text=CELLS[name])


def output(page, name):
    return cell(page, name).locator(".jp-OutputArea-output").last


def runs(page):
    """The number of the newest run of each cell."""
    prompts = {name: cell(page, name).locator(".jp-InputPrompt").text_content() for name in CELLS}
    return {name: re.sub(r"[^\d*]", "", text) for name, text in prompts.items()}


def those_run_by(page, deed):
    """Do something, wait until it is over, and return the names of the cells that ran."""
    before = runs(page)
    deed()
    assert until(lambda: settled(page) and runs(page) != before, times=60)
    after = runs(page)
    return {name for name in CELLS if after[name] != before[name]}


def settled(page):
    page.wait_for_timeout(250)
    shown = list(runs(page).values())
    page.wait_for_timeout(750)
    is_idle = page.locator("#jp-main-statusbar").get_by_text("| Idle").count() == 1
    return is_idle and list(runs(page).values()) == shown and "*" not in shown


def edit_graph(page, editor):
    editor.open("flights")
    editor.field("config.sql").locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(QUERY)
    page.keyboard.press("Tab")


def move_slider(page):
    cell(page, "inputs").locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")


def set_limit(page):
    cell(page, "limit").locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("limit = 61")
    page.keyboard.press("Control+Enter")


def test_an_edit_of_the_graph_an_input_or_a_value_runs_its_dependents_alone(reactive, page, shot):
    of_delays = {"outcome", "plot", "late", "watched"}
    editor = EditorDriver(page, reactive / "none")
    expect(editor.nodes).to_have_count(3)
    shot("reactive")

    assert those_run_by(page, lambda: edit_graph(page, editor)) == of_delays
    expect(output(page, "late")).to_contain_text("15 of 15 hours are more than 15")
    assert those_run_by(page, lambda: move_slider(page)) == of_delays
    press = page.get_by_role("button", name="Next airport")
    assert those_run_by(page, press.click) == {"plot"}
    expect(cell(page, "inputs").locator("select")).to_have_value("JFK")
    expect(output(page, "watched")).to_contain_text("5.0")
    later = page.get_by_role("button", name="An hour later")
    assert those_run_by(page, later.click) == {"watched"}
    expect(output(page, "watched")).to_contain_text("4.0")
    shot("reactive-watched")
    assert those_run_by(page, lambda: set_limit(page)) == {"limit", "late"}
    expect(output(page, "late")).to_contain_text("0 of 15 hours")
    expect(page.locator(".jp-RenderedText[data-mime-type*='error']")).to_have_count(0)
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Theme", exact=True).first.hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()
    page.wait_for_timeout(400)
    shot("reactive-dark")
