"""What is around the documents: launcher, side bar, status bar, palette, executions, the dashboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.jupyterlab.conftest import command

FAILS = """\
name: Carriers
nodes:
  start: {kind: trigger.manual, next: break_it}
  break_it: {kind: python.code, config: {code: "raise ValueError('no such carrier')"}}
"""
NAPS = """\
nodes:
  start: {kind: trigger.manual, next: nap}
  nap: {kind: flow.delay, config: {duration: 90s}}
"""


def open_side(page):
    page.locator(".lm-TabBar-tab[data-id=flowforge-side]").click()
    return page.locator(".ffl-side")


def section(side, name):
    return side.locator(f"section[aria-label='{name}']")


AXE = """async () => {
    const asked = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] };
    const found = await axe.run({ include: [['.ffl-side'], ['.ffl-status-item']] }, asked);
    return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`);
}"""


def test_the_side_bar_shows_what_runs_and_failed_and_leads_there(document, page, shot, axe):
    fails = document("carriers.flow.yaml", FAILS)
    side = open_side(page)
    fails.button("Run").click()
    carriers = section(side, "Failed lately").locator(".ffl-row", has_text="carriers")
    failed = carriers.first
    expect(failed).to_contain_text("carriers", timeout=20000)
    expect(page.locator(".ffl-status-item")).to_contain_text("failed today")
    shot("jupyterlab-side")
    page.evaluate(axe)
    assert page.evaluate(AXE) == []

    failed.locator(".ffl-row-main").click()
    viewer = page.locator(".ffl-screen .ff-editor:visible")
    expect(viewer).to_contain_text("no such carrier", timeout=20000)
    shot("jupyterlab-execution")
    failed.get_by_role("button", name="Go on or run again").click()
    dialog = page.locator(".ffl-dialog")
    expect(dialog).to_contain_text("Begin again with the step 'break_it'")
    shot("jupyterlab-go-on")
    dialog.get_by_label("Begin again with everything").check()
    dialog.get_by_role("button", name="Go on").click()
    expect(carriers).to_have_count(2, timeout=20000)


def test_what_runs_is_cancelled_from_the_side_bar(document, page):
    naps = document("naps.flow.yaml", NAPS)
    side = open_side(page)
    naps.button("Run").click()
    row = section(side, "Under way").locator(".ffl-row")
    expect(row).to_contain_text("naps", timeout=20000)
    expect(page.locator(".ffl-status-item")).to_contain_text("1 under way")

    row.get_by_role("button", name="Cancel").click()

    expect(row).to_have_count(0, timeout=20000)
    expect(naps.node("nap").locator(".ff-node")).to_have_attribute("data-state", "cancelled")


@pytest.mark.timeout(300)
def test_the_dashboard_is_a_tab_without_a_login_and_comes_back_after_a_reload(
    desk, page, jupyterlab, shot
):
    (jupyterlab.folder / "kept.flow.yaml").write_text("nodes: {start: {kind: trigger.manual}}\n")
    missed = []
    page.on(
        "response",
        lambda got: missed.append(f"{got.status} {got.url}") if got.status >= 400 else None,
    )
    desk()
    page.locator(".jp-LauncherCard", has_text="Dashboard").click()
    inside = page.frame_locator("iframe.ffl-frame")
    expect(inside.locator("html[data-ff-ready]")).to_be_attached(timeout=60000)
    expect(inside.locator("html")).to_have_attribute("data-ff-theme", "light")
    inside.get_by_role("link", name="Workflows").click()
    expect(inside.locator("main")).to_contain_text("kept")
    shot("jupyterlab-dashboard")

    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Theme", exact=True).first.hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()
    expect(inside.locator("html")).to_have_attribute("data-ff-theme", "dark")
    expect(inside.locator("[data-theme-switch]")).to_be_hidden()
    shot("jupyterlab-dashboard-dark")
    page.wait_for_timeout(1000)  # JupyterLab writes down a second later what is open
    page.goto(re.sub(r"[?&]reset.*|\?token.*", "", page.url))
    expect(inside.locator("html[data-ff-ready]")).to_be_attached(timeout=60000)
    expect(inside.locator("html")).to_have_attribute("data-ff-theme", "dark")
    assert [one for one in missed if "/flowforge/" in one] == []


def test_the_palette_makes_a_workflow_and_the_status_bar_leads_to_the_side_bar(
    desk, page, jupyterlab
):
    desk()
    command(page, "FlowForge New Workflow")
    expect(page.locator(".ff-empty")).to_contain_text("Drag a trigger here", timeout=40000)
    page.locator(".ffl-status-button").click()

    expect(page.locator(".ffl-side")).to_be_visible()
    assert list(jupyterlab.folder.glob("untitled*.flow.yaml"))
