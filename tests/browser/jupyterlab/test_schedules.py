"""Notebooks are scheduled by a right click, or from the palette, and become workflows."""

import re

import nbformat
from playwright.sync_api import expect
from ruamel.yaml import YAML

from tests.browser.driver import seen, until
from tests.browser.jupyterlab.conftest import command

PARAMETERS = """\
region: str = "EU"  # where the shops are
limit: int = 3
size: Literal["s", "m", "l", "xl"] = "m"
dry: bool = False
days = [1, 2]
day = date.today()"""


def write_notebook(folder, name, *cells, parameters=PARAMETERS):
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[first, *map(nbformat.v4.new_code_cell, cells)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / name)


def right_click(page, name):
    row = page.locator(".jp-DirListing-item", has_text=name)
    entry = page.get_by_role("menuitem", name="Schedule with FlowForge")

    def click():
        page.keyboard.press("Escape")
        row.click(button="right")
        return seen(entry)

    assert until(click)
    entry.click()
    dialog = page.locator(".ffl-dialog")
    expect(dialog.locator(".ffl-times li").first).to_be_visible()
    return dialog


def saved(jupyterlab, id):
    path = jupyterlab.folder / f"{id}.flow.yaml"
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def fill(dialog):
    field = dialog.get_by_label
    field("Time zone").fill("Europe/Berlin")
    field("Repeat").select_option(label="Every week")
    field("On").first.select_option(label="Tuesday")
    field("At", exact=True).fill("07:15")
    expect(field("Cron line")).to_have_value("15 7 * * tue")
    expect(dialog.locator(".ffl-times li").first).to_contain_text("Tue")
    expect(dialog.locator(".ffl-times li").first).to_contain_text(re.compile("0?7:15"))
    field("limit").fill("9")
    field("size").select_option("xl")
    field("days").fill("[4]")
    field("Further attempts").fill("4")
    field("Mail after a failure").fill("")
    field("Runs that were missed").select_option(label="All of them run late")


def problems(dialog):
    return [one.inner_text() for one in dialog.locator(".ffl-wrong:visible").all()]


def be_dark(page):
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Theme", exact=True).first.hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")


def fill_wrong(dialog):
    field = dialog.get_by_label
    field("Cron line").fill("0 25 * * *")
    field("Time zone").fill("Mars/Phobos")
    field("limit").fill("many")
    field("Further attempts").fill("-1")
    field("Mail after a failure").fill("ann@example.org")
    expect(dialog.locator(".ffl-wrong:visible")).to_have_count(5)
    expect(dialog.locator(".ffl-times")).to_contain_text("None")


def test_a_right_click_tells_all_that_is_wrong_and_then_makes_a_workflow(
    desk, page, jupyterlab, shot
):
    write_notebook(jupyterlab.folder, "report.ipynb")
    desk()
    be_dark(page)
    dialog = right_click(page, "report.ipynb")
    expect(dialog.locator(".ffl-times li")).to_have_count(5)
    fill_wrong(dialog)
    shot("schedule-wrong-dark")
    page.keyboard.press("Enter")
    told = " ".join(problems(dialog))
    for text in ("hour", "found str 'many'", "IANA name", "0 to 99", "needs one connection"):
        assert text in told
    assert not list(jupyterlab.folder.glob("report*.flow.yaml"))
    fill(dialog)
    expect(dialog.locator(".ffl-wrong:visible")).to_have_count(0)
    shot("schedule-filled-dark")
    dialog.get_by_role("button", name="Schedule").click()

    expect(dialog).to_have_count(0)
    row = page.locator(
        ".ffl-side section[aria-label=Workflows] .ffl-row", has_text="report_notebook"
    )
    expect(row).to_contain_text("active")
    assert_scheduled(saved(jupyterlab, "report_notebook"))


def assert_scheduled(tree):
    at = {"cron": "15 7 * * tue", "timezone": "Europe/Berlin", "missed": "all"}
    assert tree["nodes"]["at"]["config"] == at
    inputs = {name: one["default"] for name, one in tree["inputs"].items()}
    assert inputs == {"region": "EU", "limit": 9, "size": "xl", "dry": False, "days": [4]}
    assert tree["nodes"]["report"]["retry"] == {"attempts": 5}


def test_the_open_notebook_is_scheduled_by_keys_and_in_the_place_of_the_one_before(
    desk, page, jupyterlab, shot
):
    write_notebook(jupyterlab.folder, "open.ipynb", parameters="n = 1")
    before = jupyterlab.folder / "open_notebook.flow.yaml"
    before.write_text("nodes: {start: {kind: trigger.manual}}\n")
    desk("open.ipynb")
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nm = 'x'")
    command(page, "Schedule the Notebook")
    dialog = page.locator(".ffl-dialog")
    expect(dialog.locator(".ffl-note")).to_contain_text("not saved")
    dialog.get_by_role("button", name="Save now").click()
    expect(dialog.locator(".ffl-note")).to_have_count(0)
    taken = dialog.get_by_label("There is a workflow of this name")
    expect(taken).to_be_visible()
    dialog.get_by_label("Cron line").press("Enter")
    expect(dialog.locator(".ffl-wrong:visible")).to_contain_text(
        "replace it, or give this one another id"
    )
    assert "trigger.manual" in before.read_text()
    shot("schedule-taken")
    taken.check()
    dialog.get_by_label("Cron line").press("Enter")

    expect(dialog).to_have_count(0)
    assert saved(jupyterlab, "open_notebook")["nodes"]["at"]["kind"] == "trigger.schedule"
    assert "m = 'x'" in (jupyterlab.folder / "open.ipynb").read_text()
