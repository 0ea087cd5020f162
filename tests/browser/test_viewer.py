"""An execution on its canvas, in a cell of JupyterLab, with a real lab behind it."""

import re

import pytest
from playwright.sync_api import expect

FLOW = """\
flowforge: 1
nodes:
  start: {kind: trigger.manual, next: rows}
  rows:
    kind: action.transform
    config: {value: "[{'day': n, 'late': n * 7 % 5} for n in range(12)]"}
    next: each
  each: {kind: logic.loop, config: {items: "[1, 2, 3]"}, next: {body: work, done: keep}}
  work: {kind: action.transform, config: {value: "item * 2"}, next: each}
  keep: {kind: action.set_variable, config: {name: total, value: "{{ len(nodes.rows.value) }}"}, next: [quick, slow]}
  quick: {kind: action.transform, config: {value: "1"}, next: meet}
  slow: {kind: flow.delay, config: {duration: 400ms}, next: meet}
  meet: {kind: logic.join, next: break_it}
  break_it: {kind: action.transform, config: {value: "nodes.rows.value[99]"}}
"""
START = """\
import flowforge_lab as ff
lab = ff.open_lab()
execution_id = {how}
ff.Viewer(execution_id, lab=lab)"""
FAILED = START.replace("{how}", "lab.run({file!r}).execution_id")
DEBUGGED = START.replace("{how}", "lab.debug({file!r}, breakpoints={{'keep': ''}}).execution_id")
LIVE = START.replace("{how}", "lab.start({file!r})")


@pytest.fixture
def viewer(notebook):
    """Open a viewer below a cell that starts the workflow in its own way."""
    return lambda cell, text=FLOW: notebook(text=text, cell=cell)


def state(viewer, id):
    return viewer.node(id).locator(".ff-node")


def tab(viewer, name):
    viewer.root.get_by_role("tab", name=re.compile(f"^{name}")).click()


def test_a_failed_execution_opens_at_its_error_and_any_moment_can_be_gone_back_to(viewer, shot):
    seen = viewer(FAILED)
    shot("viewer-failed-light")

    expect(seen.root.locator(".ff-state")).to_contain_text("Failed")
    expect(seen.root.locator(".ff-step-panel .ff-error")).to_contain_text("no item 99")
    expect(seen.root.locator(".ff-time-row")).to_have_count(11)
    expect(state(seen, "work").locator(".ff-status")).to_contain_text("\u00d73")
    seen.root.locator(".ff-time-row", has_text="rows").click()
    expect(seen.node("rows")).to_have_class(re.compile("selected"))
    seen.root.get_by_role("radio", name="Chart").first.click()
    expect(seen.root.locator(".ff-chart polyline")).to_have_count(2)
    tab(seen, "Variables")
    expect(seen.root.locator("[data-variable=total]")).to_contain_text("12")
    seen.root.get_by_label("Moment").focus()
    seen.press("Home")
    seen.press("ArrowRight", 4)
    expect(state(seen, "slow")).not_to_have_attribute("data-state", re.compile("."))
    expect(seen.root.locator("[data-variable=total]")).to_have_count(0)
    expect(seen.root.locator(".ff-slider-told")).to_contain_text("5 of")
    shot("viewer-past-light")
    seen.press("Escape")
    expect(state(seen, "break_it")).to_have_attribute("data-state", "failed")


def test_the_timeline_zooms_and_shows_what_decided_the_time(viewer, shot):
    seen = viewer(FAILED)
    seen.root.get_by_label(re.compile("Critical path")).click()

    expect(seen.root.locator(".ff-bar[data-critical]").first).to_be_visible()
    expect(
        seen.root.locator(".ff-time-row", has_text="quick").locator(".ff-bar")
    ).to_have_attribute("data-dim", "true")
    ticks = seen.root.locator(".ff-time-axis span")
    before = ticks.all_inner_texts()
    seen.page.mouse.move(*seen.middle(seen.root.locator(".ff-time-rows")))
    seen.page.keyboard.down("Control")
    seen.page.mouse.wheel(0, -400)
    seen.page.keyboard.up("Control")
    seen.wait_until(lambda: ticks.all_inner_texts() != before)
    seen.root.get_by_label("Show the whole time").click()
    seen.wait_until(lambda: ticks.all_inner_texts() == before)
    seen.root.get_by_role("radio", name="Nodes").click()
    expect(seen.root.locator(".ff-time-row", has_text="work")).to_contain_text("\u00d73")
    shot("viewer-timeline-light")


def test_an_execution_is_stopped_looked_into_changed_and_let_go(viewer, shot):
    seen = viewer(DEBUGGED)
    expect(seen.root.locator(".ff-banner")).to_contain_text("before keep", timeout=15000)
    shot("viewer-stopped-light")

    seen.root.get_by_role("button", name="Look there").click()
    seen.root.locator(".ff-inline .cm-content").click()
    seen.page.keyboard.type("len(nodes.rows.value) * 2")
    seen.press("Escape")
    seen.root.get_by_role("button", name="Ask").click()
    expect(seen.root.locator(".ff-evaluated")).to_contain_text("24")
    seen.node("slow").hover()
    seen.node("slow").locator(".ff-breakpoint").click()
    expect(seen.node("slow").locator(".ff-breakpoint")).to_have_attribute("data-on", "true")
    tab(seen, "Debug")
    seen.root.get_by_label("Condition of the breakpoint before slow").fill("1 > 2")
    seen.press("Enter")
    expect(seen.node("slow").locator(".ff-breakpoint")).to_have_attribute(
        "data-condition", "1 > 2"
    )
    seen.button("Step").click()
    expect(state(seen, "keep")).to_have_attribute("data-state", "succeeded")
    tab(seen, "Variables")
    expect(seen.root.locator("[data-variable=total]")).to_contain_text("12")
    seen.button("Continue").click()
    expect(seen.root.locator(".ff-state")).to_contain_text("Failed")


def test_a_fork_is_shown_at_once_and_compared_with_its_origin(viewer, shot):
    seen = viewer(FAILED)
    origin = seen.root.locator(".ff-title small").inner_text()
    seen.node("quick").click()
    seen.root.get_by_role("button", name="Fork from here").click()

    expect(seen.root.locator(".ff-title small")).not_to_have_text(origin)
    expect(seen.root.locator(".ff-state")).to_contain_text("Failed")
    seen.root.get_by_label("Compare with another execution").click()
    seen.root.locator(".ff-head-row", has_text=origin).click()
    expect(seen.node("rows").locator(".ff-different")).to_have_attribute("data-same", "true")
    shot("viewer-compare-light")
    seen.root.get_by_label("Back to the execution before").click()
    expect(seen.root.locator(".ff-title small")).to_have_text(origin)


def test_what_runs_is_lit_while_it_runs_and_can_be_paused_and_ended(viewer, shot):
    seen = viewer(LIVE, FLOW.replace("400ms", "1h"))
    expect(state(seen, "slow")).to_have_attribute("data-state", "waiting")
    shot("viewer-live-light")

    seen.button("Pause").click()
    expect(seen.root.locator(".ff-banner")).to_contain_text("Paused")
    seen.button("Continue").click()
    expect(seen.button("Pause")).to_be_visible()
    expect(state(seen, "slow")).to_have_attribute("data-state", "waiting")
    seen.button("Cancel").click()
    expect(seen.root.locator(".ff-state")).to_contain_text("Cancelled")


ASKS = """\
flowforge: 1
nodes:
  start: {kind: trigger.manual, next: ask}
  ask:
    kind: flow.wait_webhook
    config: {timeout: 2h, expects: {type: object, required: [ok]}}
    next: {received: done, timeout: done}
  done: {kind: action.transform, config: {value: nodes.ask.answer.ok}}
"""


def test_what_a_step_waits_for_is_told_and_answered(viewer, shot):
    seen = viewer(LIVE, ASKS)
    expect(state(seen, "ask")).to_contain_text("Waiting")
    seen.node("ask").click()
    wait = seen.root.get_by_label("Wait", exact=True)
    expect(wait).to_contain_text("Waits for an answer at its address until")
    shot("viewer-wait")

    wait.locator(".cm-content").click()
    seen.press("Control+a")
    seen.page.keyboard.insert_text('{"no": 1}')
    wait.get_by_role("button", name="Answer").click()
    expect(seen.notice).to_contain_text("ok")
    wait.locator(".cm-content").click()
    seen.press("Control+a")
    seen.page.keyboard.insert_text('{"ok": 42}')
    wait.get_by_role("button", name="Answer").click()

    expect(seen.root.locator(".ff-state")).to_contain_text("Succeeded")


BROKEN = """\
flowforge: 1
nodes:
  start: {kind: trigger.manual, next: code}
  code: {kind: action.transform, config: {value: "1 / 0"}, next: done}
  done: {kind: flow.end}
"""


def test_a_mended_workflow_is_begun_again_where_it_failed(viewer, shot):
    seen = viewer(FAILED, BROKEN)
    expect(seen.root.locator(".ff-state")).to_contain_text("Failed")
    seen.file.write_text(seen.file.read_text().replace("1 / 0", "42"))

    seen.root.get_by_role("button", name="Restart", exact=True).click()
    dialog = seen.root.get_by_role("dialog", name="Go on with this execution")
    first = dialog.locator(".ff-way").first
    expect(first).to_contain_text("Begin again with the step 'code', in the workflow as it is now")
    shot("viewer-mended")
    first.get_by_role("button", name="Start").click()
    expect(seen.root.locator(".ff-state")).to_contain_text("Succeeded")

    seen.root.locator(".react-flow__pane").click(position={"x": 20, "y": 20})
    seen.press("?")
    expect(seen.root.get_by_role("dialog")).to_be_visible()
    seen.press("Escape")
    seen.press(",")
    expect(seen.root.locator(".ff-badge.is-past")).to_be_visible()
