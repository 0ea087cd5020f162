"""The editor in a cell of JupyterLab."""

import json

from playwright.sync_api import expect

from tests.browser.driver import EditorDriver

WHAT = "print(len(editor.workflow.nodes), editor.workflow.nodes['load'].label)"


def run_cell(page, index):
    page.locator(".jp-Cell .jp-InputArea .cm-content").nth(index).click()
    page.keyboard.press("Control+Enter")


def output(page, index):
    return page.locator(".jp-Cell").nth(index).locator(".jp-OutputArea-output").last


def test_an_editor_in_a_cell_is_edited_run_and_read_from_the_next_cell(notebook, page, shot):
    editor = notebook(WHAT)
    shot("notebook-light")
    editor.delete("post")
    editor.open("load")
    editor.root.get_by_label("Label").fill("Load them")
    editor.press("Enter")
    editor.button("Run").click()
    editor.root.get_by_role("dialog").get_by_role("button", name="Run").click()
    done = editor.node("render").locator(".ff-node")
    expect(done).to_have_attribute("data-state", "succeeded")
    shot("notebook-run")

    run_cell(page, 1)

    expect(output(page, 1)).to_contain_text("8 Load them")


def test_keys_stay_in_the_editor_and_ctrl_s_saves_both(notebook, page, lab_folder):
    editor = notebook("1")
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    editor.focus_canvas()

    for key in [
        "a",
        "b",
        "x",
        "z",
        "m",
        "y",
        "d",
        "d",
        "Escape",
        "ArrowDown",
        "Shift+M",
        "c",
        "v",
        "h",
        "0",
        "0",
    ]:
        editor.press(key)
    editor.open("load")
    editor.write("config.connection", "abdd x0 ")
    editor.focus_canvas()
    editor.press("Control+s")

    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(cells)
    expect(editor.root.locator(".ff-dirty")).to_have_count(0)
    assert "abdd x0" in editor.file.read_text(encoding="utf-8")
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    editor.wait_until(lambda: '"outputs": []' not in newest_notebook(lab_folder)[:900])


def newest_notebook(folder):
    return max(folder.glob("*.ipynb"), key=lambda path: path.stat().st_mtime).read_text()


def test_a_saved_notebook_stays_small(notebook, page, lab_folder):
    editor = notebook("editor")
    run_cell(page, 1)
    expect(page.locator(".ff-editor")).to_have_count(2)
    editor.focus_canvas()
    editor.press("Control+s")

    editor.wait_until(lambda: newest_notebook(lab_folder).count("widget-view+json") == 2)
    size = len(newest_notebook(lab_folder).encode())

    print(f"saved notebook with two editors: {size} bytes")
    assert size < 20_000
    assert json.loads(newest_notebook(lab_folder))["cells"][0]["outputs"]


def test_two_views_of_one_editor_show_the_same(notebook, page):
    first = notebook("editor")
    run_cell(page, 1)
    second = EditorDriver(page, first.file, index=1)
    second.nodes.first.wait_for()

    second.delete("quiet")
    expect(first.node("quiet")).to_have_count(0)
    first.node("post").scroll_into_view_if_needed()
    first.node("post").locator(".ff-tile").click()
    first.press("ArrowDown", 4)

    expect(second.nodes).to_have_count(8)
    first.open("load")
    first.root.get_by_label("Label").fill("Seen by both")
    first.press("Enter")
    expect(second.node("load")).to_contain_text("Seen by both")


def test_a_page_reload_keeps_the_graph_and_the_editor_alive(notebook, page):
    editor = notebook(WHAT)
    editor.delete("post")
    editor.focus_canvas()
    editor.press("Control+s")
    expect(editor.root.locator(".ff-dirty")).to_have_count(0)
    editor.delete("quiet")
    expect(editor.root.locator(".ff-dirty")).to_have_count(1)  # the kernel has it

    page.reload()
    editor.nodes.first.wait_for(timeout=60000)
    expect(editor.nodes).to_have_count(7, timeout=30000)  # first it shows what the notebook keeps
    expect(editor.root.locator(".ff-dirty")).to_have_count(1)
    editor.open("load")
    editor.root.get_by_label("Label").fill("Still alive")
    editor.press("Enter")
    run_cell(page, 1)

    expect(output(page, 1)).to_contain_text("7 Still alive")


def test_the_theme_follows_jupyterlab(notebook, page, shot):
    editor = notebook()
    expect(editor.root).to_have_attribute("data-theme", "light")

    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Theme", exact=True).first.hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()

    expect(editor.root).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(400)
    shot("notebook-dark")
