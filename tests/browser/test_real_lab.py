"""The editor as a notebook gives it, with the lab of its folder behind it: nothing is made up here."""

import json
import re

import pytest
from playwright.sync_api import expect

FLOW = """\
flowforge: 1
nodes:
  start: {kind: trigger.manual, next: double}
  double: {kind: action.transform, config: {value: "[20 + 1] * 2"}, next: add}
  add:
    kind: python.code
    config: {code: "log('adding')\\nresult = sum(value)", inputs: {value: nodes.double.value}}
    next: is_answer
  is_answer:
    kind: logic.condition
    config: {condition: nodes.add.result == 42}
    next: {"true": break_it, "false": unasked}
  unasked: {kind: flow.end}
  break_it:
    kind: python.code
    config: {code: "raise ValueError('no such carrier: XX')"}
    next: unasked
    on_error: mend
  mend: {kind: action.transform, config: {value: "input.error.title"}, next: done}
  done: {kind: flow.end}
"""
LONG = """\
flowforge: 1
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: python.code, config: {code: "import time\\ntime.sleep(600)"}, next: done}
  done: {kind: flow.end}
"""
CELL = """\
import flowforge_lab as ff
editor = ff.Editor({file!r})
editor"""


@pytest.fixture
def real(notebook):
    """Open a workflow in an editor with nothing but its path given."""
    return lambda text: notebook(text=text, cell=CELL)


def state(editor, id):
    return editor.node(id).locator(".ff-node")


def part(editor, title):
    """Return a part of the Data tab, opened."""
    part = editor.root.locator(f'.ff-part[data-part="{title}"]')
    part.wait_for()
    if part.locator("[aria-expanded=false]").count():
        part.locator(".ff-part-head").click()
    return part


def newest(folder, pattern):
    return max(folder.glob(pattern), key=lambda path: path.stat().st_mtime)


def test_run_in_a_notebook_runs_in_the_lab_and_shows_what_each_node_did(real, page, shot):
    editor = real(FLOW)

    editor.button("Run").click()
    expect(state(editor, "done")).to_have_attribute("data-state", "succeeded", timeout=30000)
    shot("real-lab")

    expect(state(editor, "break_it")).to_have_attribute("data-state", "failed")
    expect(state(editor, "unasked")).to_have_attribute("data-state", "skipped")
    expect(editor.node("add").locator(".ff-status")).to_contain_text(
        re.compile(r"\d+(\.\d+)? m?s")
    )
    editor.open("add", "Data")
    expect(part(editor, "Output")).to_contain_text("42")
    expect(part(editor, "Input")).to_contain_text("21")
    expect(part(editor, "Log")).to_contain_text("adding")
    shot("real-lab-output")
    editor.node("break_it").locator(".ff-tile").click()
    expect(editor.root.locator(".ff-error")).to_contain_text("no such carrier: XX")
    shot("real-lab-error")


def test_cancel_stops_a_long_step_of_the_lab(real):
    editor = real(LONG)
    editor.button("Run").click()
    expect(state(editor, "wait")).to_have_attribute("data-state", "running", timeout=20000)

    editor.button("Cancel").click()

    expect(state(editor, "wait")).to_have_attribute("data-state", "cancelled", timeout=15000)
    expect(state(editor, "done")).to_have_attribute("data-state", "skipped")
    expect(editor.button("Run")).to_be_visible()


def test_a_save_with_errors_says_draft_and_the_notebook_stays_small(real, page, lab_folder):
    editor = real(FLOW)
    editor.open("is_answer")
    editor.write("config.condition", "1 +")
    editor.focus_canvas()

    editor.press("Control+s")

    expect(editor.notice).to_contain_text("as a draft")
    expect(editor.root.locator(".ff-dirty")).to_have_count(0)
    assert "1 +" in editor.file.read_text(encoding="utf-8")
    saved = newest(lab_folder, "*.ipynb")
    editor.wait_until(lambda: "widget-view+json" in saved.read_text())
    assert len(saved.read_bytes()) < 20_000
    assert json.loads(saved.read_text())["cells"][0]["outputs"]
