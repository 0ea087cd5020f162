"""Trying things out while a workflow is written: real values, parts of a run, pins, versions, commands."""

import re

import pytest
from playwright.sync_api import expect

FLOW = """\
flowforge: 1
nodes:
  start: {kind: trigger.manual, next: rows}
  rows: {kind: action.transform, config: {value: "[{'carrier': 'UA', 'late': 12}]"}, next: pick}
  pick: {kind: action.transform, config: {value: "1"}, next: done}
  done: {kind: flow.end}
"""
CELL = """\
import flowforge_lab as ff
editor = ff.Editor({file!r})
editor"""


@pytest.fixture
def editor(notebook):
    editor = notebook(text=FLOW, cell=CELL)
    editor.button("Run").click()
    done = editor.node("done").locator(".ff-node")
    expect(done).to_have_attribute("data-state", "succeeded", timeout=20000)
    return editor


def test_an_expression_is_completed_from_real_data_and_its_value_shown(editor, shot):
    editor.open("pick")
    editor.write("config.value", "nodes.rows.value[0]")
    expect(editor.field("config.value").locator(".cm-content")).to_have_text("nodes.rows.value[0]")
    editor.page.keyboard.type(".")

    offered = editor.root.locator(".cm-tooltip-autocomplete li", has_text=re.compile("^carrier"))
    expect(offered).to_contain_text('"UA"')
    shot("trial-complete-light")
    editor.page.keyboard.type("late + 3")
    live = editor.field("config.value").locator(".ff-live")
    expect(live).to_have_text("=15")
    editor.page.keyboard.type(" +")
    expect(editor.field("config.value").locator(".ff-problem").first).to_be_visible()


def test_parts_are_run_and_what_is_pinned_is_used(editor, shot):
    editor.open("rows")
    editor.root.get_by_label(re.compile("^Pin the data")).click()
    expect(editor.node("rows").locator(".is-pin")).to_be_visible()
    editor.open("pick")
    editor.root.get_by_label("Run to here").click()

    skipped = ("data-state", "skipped")
    expect(editor.node("done").locator(".ff-node")).to_have_attribute(*skipped)
    expect(editor.node("pick").locator(".ff-node")).to_have_attribute("data-state", "succeeded")
    editor.root.get_by_label(re.compile("^Run this node alone")).click()
    expect(editor.node("rows").locator(".ff-node")).to_have_attribute(*skipped)
    shot("trial-alone-light")


def test_a_command_compares_with_the_file_and_the_canvas_shows_it(editor, shot):
    editor.delete("done")
    editor.focus_canvas()
    editor.press("Control+k")
    editor.page.keyboard.type("compare with")
    editor.press("Enter")
    editor.root.get_by_role("button", name="The file as it is saved").click()

    expect(editor.root.locator(".is-ghost")).to_contain_text("done")
    expect(editor.root.locator(".ff-drawer .is-change").first).to_be_visible()
    shot("trial-difference-light")
    editor.press("Control+k")
    editor.page.keyboard.type("go to rows")
    editor.press("Enter")
    expect(editor.root.locator(".ff-inspector")).to_have_attribute("aria-label", "Node rows")
