"""`*.flow.yaml` as a document of JupyterLab: opened, edited, saved, renamed, changed by others."""

import re
import time

from playwright.sync_api import Route, expect

from tests.browser.driver import EditorDriver
from tests.browser.jupyterlab.conftest import command
from tests.patience import wait_for

TEXT = """\
# ours
flowforge: 1
name: Report
nodes:
  start: {kind: trigger.manual, next: double}
  double: {kind: action.transform, config: {value: "20 + 1"}, next: done}  # twice
  done: {kind: flow.end}
"""


DIRTY = re.compile(r"\bjp-mod-dirty\b")


def tab(page):
    return page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")


def relabel(editor, id, label):
    editor.open(id)
    editor.root.get_by_label("Label").fill(label)
    editor.press("Enter")


def test_a_file_is_opened_edited_undone_and_saved_like_any_document(desk, page, jupyterlab, shot):
    file = jupyterlab.folder / "weekly.flow.yaml"
    file.write_text(TEXT, encoding="utf-8")
    desk()

    page.locator(".jp-DirListing-item", has_text=file.name).dblclick()
    editor = EditorDriver(page, file)
    expect(editor.nodes).to_have_count(3, timeout=40000)
    shot("jupyterlab-document")
    editor.node("double").locator(".ff-tile").click()
    editor.press("Delete")
    expect(tab(page)).to_have_class(DIRTY)
    page.get_by_role("menuitem", name="Edit").click()
    page.locator(".lm-Menu-item", has_text="Undo").first.click()
    expect(editor.nodes).to_have_count(3)
    relabel(editor, "double", "Twice")
    editor.press("Control+s")

    wait_for(lambda: "label: Twice" in file.read_text(encoding="utf-8"))
    expect(editor.root.locator(".ff-dirty")).to_have_count(0)
    expect(tab(page)).not_to_have_class(DIRTY)
    saved = file.read_text(encoding="utf-8")
    assert saved.startswith("# ours\n")
    assert "# twice" in saved
    expect(page.locator(".jp-Dialog")).to_have_count(0)


def test_what_was_only_opened_cannot_be_undone_however_late_the_file_came(document, page):
    def late(route: Route) -> None:
        time.sleep(1.5)
        route.continue_()

    page.route("**/api/contents/late.flow.yaml*", late)
    editor = document("late.flow.yaml", TEXT)
    expect(editor.nodes).to_have_count(3)

    expect(editor.root.get_by_label("Undo")).to_be_disabled()
    editor.node("double").locator(".ff-tile").click()
    editor.press("Control+z")
    expect(tab(page)).not_to_have_class(DIRTY)
    expect(editor.nodes).to_have_count(3)


def test_what_is_renamed_and_made_anew_has_an_id_of_its_own(desk, page, jupyterlab):
    desk()
    command(page, "new workflow")
    expect(tab(page)).to_contain_text("untitled")
    name = tab(page).locator(".lm-TabBar-tabLabel").inner_text()
    editor = EditorDriver(page, jupyterlab.folder / name)
    editor.palette("trigger.manual").dblclick()
    expect(editor.nodes).to_have_count(1)
    editor.press("Control+s")
    wait_for(lambda: "trigger.manual" in editor.file.read_text(encoding="utf-8"))

    assert "id:" not in editor.file.read_text(encoding="utf-8")
    editor.node("manual").locator(".ff-tile").click()
    editor.press("Control+Shift+C")
    expect(page.locator(".lm-CommandPalette-input")).to_be_focused()


def test_the_text_beside_it_and_the_canvas_show_the_same(document, page, shot):
    editor = document("beside.flow.yaml", TEXT)
    command(page, "workflow as text")
    text = page.locator(".jp-FileEditor .cm-content")
    expect(text).to_contain_text("# twice")

    relabel(editor, "double", "Seen in the text")
    expect(text).to_contain_text("label: Seen in the text")
    text.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("nodes: [")
    expect(page.locator(".ffl-veil")).to_contain_text("no workflow yet")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(TEXT.replace("name: Report", "name: Written by hand"))

    expect(editor.root.locator(".ff-title")).to_contain_text("Written by hand")
    expect(page.locator(".ffl-veil")).to_be_hidden()
    shot("jupyterlab-text-beside")


def test_what_others_change_is_read_again_or_asked_about(document, page):
    editor = document("shared.flow.yaml", TEXT)
    page.wait_for_timeout(700)  # clocks of files are compared half a second apart
    editor.file.write_text(TEXT.replace("name: Report", "name: By a colleague"), encoding="utf-8")
    expect(editor.root.locator(".ff-title")).to_contain_text("By a colleague", timeout=15000)

    relabel(editor, "double", "Mine")
    page.wait_for_timeout(700)
    editor.file.write_text(TEXT.replace("name: Report", "name: Theirs"), encoding="utf-8")
    banner = editor.root.locator(".ff-banner")
    expect(banner).to_contain_text("Your changes are not saved", timeout=15000)
    banner.get_by_role("button", name="Keep mine").click()

    expect(banner).to_have_count(0)
    expect(editor.root.locator(".ff-dirty")).to_have_count(0)
    assert "label: Mine" in editor.file.read_text(encoding="utf-8")
    expect(page.locator(".jp-Dialog")).to_have_count(0)


def test_a_renamed_document_goes_on_under_its_new_name_and_in_the_dark(
    document, page, jupyterlab, shot
):
    editor = document("before.flow.yaml", TEXT)
    editor.button("Run").click()
    done = editor.node("done").locator(".ff-node")
    expect(done).to_have_attribute("data-state", "succeeded", timeout=20000)
    page.locator(".jp-DirListing-item", has_text="before.flow.yaml").click()
    page.keyboard.press("F2")
    page.locator(".jp-DirListing-editor").fill("after.flow.yaml")
    page.keyboard.press("Enter")

    expect(editor.root.locator(".ff-title small")).to_have_text("after.flow.yaml")
    relabel(editor, "double", "After it")
    editor.press("Control+s")
    expect(editor.root.locator(".ff-dirty")).to_have_count(0)
    assert "After it" in (jupyterlab.folder / "after.flow.yaml").read_text(encoding="utf-8")
    assert not editor.file.exists()
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Theme", exact=True).first.hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()
    expect(editor.root).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(400)
    shot("jupyterlab-document-dark")
