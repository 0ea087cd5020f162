"""The dashboard in a cell of a notebook: small enough for it, lit as it is, and all of it within the cell."""

from playwright.sync_api import expect

FLOW = """\
flowforge: 1
nodes:
  start: {kind: trigger.manual, next: rows}
  rows: {kind: action.transform, config: {value: "[1, 2]"}, next: gone}
  gone: {kind: action.transform, config: {value: "input.value[9]"}}
"""
CELL = """\
import flowforge_lab as ff
lab = ff.open_lab()
id = lab.run({file!r}).execution_id
ff.Dashboard(lab, page="viewer", execution=id)"""


def test_the_pages_stand_above_the_canvas_and_a_panel_stays_in_the_cell(notebook, page, shot):
    page.set_viewport_size({"width": 1280, "height": 720})
    seen = notebook(text=FLOW, cell=CELL)
    expect(seen.root).to_have_attribute("data-theme", "light")
    page.locator(".is-nav").scroll_into_view_if_needed()
    nav, canvas = page.locator(".is-nav").bounding_box(), seen.root.bounding_box()
    assert nav["height"] < 120
    assert canvas["height"] < 520
    shot("dashboard-cell-viewer")

    page.get_by_role("link", name="All executions").click()
    panel = page.locator(".ff-drawer")
    expect(panel).to_contain_text("Begin again with the step 'gone'")
    inside, main = panel.bounding_box(), page.locator(".is-main").bounding_box()
    assert main["x"] <= inside["x"]
    assert inside["y"] >= main["y"] - 1
    assert inside["y"] + inside["height"] <= main["y"] + main["height"] + 1
    shot("dashboard-cell-panel")
