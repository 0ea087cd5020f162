"""From the JupyterLab that `flowforge lab` opens to a first own workflow that ran, counted in deeds."""

import json
import os
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT
from tests.browser.driver import EditorDriver
from tests.browser.jupyterlab.conftest import as_installed

MOST_DEEDS = 12


@pytest.fixture
def opened(tmp_path):
    """Start `flowforge lab` in an empty folder and return what it tells."""
    folder = tmp_path / "first"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **as_installed(tmp_path / "prefix")}
    command = [
        sys.executable,
        "-m",
        "flowforge_lab.cli",
        "lab",
        str(folder),
        "--no-browser",
        "--json",
    ]
    with (tmp_path / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log)
    text = ""
    while not text.rstrip().endswith("}"):
        line = process.stdout.readline().decode()
        assert line, (tmp_path / "lab.log").read_text()
        text += line
    yield json.loads(text)
    process.terminate()
    process.wait(60)
    process.stdout.close()


class Newcomer:
    """Somebody with a mouse and a keyboard, whose every deed is counted."""

    def __init__(self, page):
        self.page = page
        self.deeds = []

    def click(self, what, place):
        self.deeds.append(f"click {what}")
        place.click()

    def enter(self, text):
        self.deeds.append(f"enter {text!r}")
        self.page.keyboard.type(text)


@pytest.mark.timeout(300)
def test_a_newcomer_has_a_workflow_of_three_nodes_that_ran_in_twelve_deeds(opened, page, shot):
    page.goto(opened["url"])
    newcomer = Newcomer(page)
    newcomer.click("the tile Workflow", page.locator(".jp-LauncherCard", has_text="Workflow"))
    editor = EditorDriver(page, None)
    editor.root.locator(".ff-empty").wait_for(timeout=60000)
    shot("newcomer-empty")
    newcomer.click("Manual start", editor.root.locator(".ff-start", has_text="Manual start"))
    newcomer.click("the + behind it", editor.node("manual").locator(".ff-plus"))
    newcomer.enter("transform")
    newcomer.click(
        "Transform", editor.root.locator(".ff-quickadd-item", has_text="Transform").first
    )
    newcomer.click("its value", editor.field("config.value").locator(".cm-content").first)
    newcomer.enter("6 * 7")
    newcomer.click("the + behind it", editor.node("transform").locator(".ff-plus"))
    newcomer.enter("end")
    newcomer.click("End", editor.root.locator(".ff-quickadd-item", has_text="End").first)
    newcomer.click("Run", editor.button("Run"))

    done = editor.node("end").locator(".ff-node")
    expect(done).to_have_attribute("data-state", "succeeded", timeout=30000)
    shot("newcomer-ran")
    expect(editor.nodes).to_have_count(3)
    assert len(newcomer.deeds) <= MOST_DEEDS, newcomer.deeds
    print(f"{len(newcomer.deeds)} deeds: {'; '.join(newcomer.deeds)}")
