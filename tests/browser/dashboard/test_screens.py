"""The viewer and the editor on pages of the dashboard: reached, alive, and only for who may."""

import re

import pytest
from playwright.sync_api import expect

from flowforge_lab.spec import Document
from tests.api.conftest import make_folder
from tests.browser.dashboard.conftest import PASSWORD, SLOW, ServedScreen

CHAIN = """\
nodes:
  start: {kind: trigger.manual, next: load}
  load: {kind: action.transform, config: {value: "1"}, next: clean}
  clean: {kind: action.transform, config: {value: "2"}, next: last}
  last: {kind: flow.end}
"""
OTHER = """\
nodes:
  start: {kind: trigger.manual, next: done}
  done: {kind: flow.end}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = make_folder(tmp_path_factory.mktemp("screens"))
    (folder / "slow.flow.yaml").write_text(SLOW)
    (folder / "drawn.flow.yaml").write_text(OTHER)
    (folder / "chain.flow.yaml").write_text(CHAIN)
    with ServedScreen(folder) as lab:
        lab.http.get("/")
        [lab.hello] = lab.finish("hello")
        [lab.other] = lab.finish("drawn")
        lab.slow = lab.start("slow")
        accounts = lab.parts.access.accounts
        accounts.add("ada", PASSWORD, role="admin")
        accounts.add("vic", PASSWORD, role="viewer")
        accounts.add("one", PASSWORD, roles={"hello": "operator"})
        accounts.add("pen", PASSWORD, roles={"drawn": "editor", "chain": "editor"})
        yield lab


@pytest.fixture
def enter(page, lab):
    def sign_in(name, query=""):
        page.goto(f"{lab.url}/{query}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("html[data-ff-ready]", timeout=30000)
        return page

    return sign_in


def node(page, id):
    return page.locator(f".react-flow__node[data-id='{id}']")


def test_leads_from_the_list_to_the_canvas_of_an_execution(enter, lab):
    page = enter("ada", "?page=executions&workflow=hello")
    page.locator("tbody tr").first.click()
    page.get_by_role("link", name="Open the canvas").click()

    expect(node(page, "greet")).to_contain_text("ms")
    expect(page).to_have_url(re.compile(f"page=viewer&execution={lab.hello}"))
    node(page, "greet").click()
    expect(page.locator(".ff-inspector, .ff-side-panel").first).to_contain_text("hello world")


def test_an_execution_that_runs_is_steered_and_followed_there(enter, lab):
    page = enter("ada", f"?page=viewer&execution={lab.slow}")
    expect(page.locator(".ff-state")).to_contain_text("Waiting")

    page.get_by_role("toolbar", name="Execution").get_by_role("button", name="Cancel").click()

    expect(page.locator(".ff-state")).to_contain_text("Cancelled")
    expect(page.locator(".ff-head .ff-pill")).to_have_text("cancelled")


def test_the_address_names_the_execution_that_the_viewer_went_on_to(enter, lab):
    page = enter("ada", f"?page=viewer&execution={lab.hello}")
    node(page, "greet").click()

    page.get_by_role("button", name="Fork from here").click()
    expect(page).not_to_have_url(re.compile(lab.hello))
    page.go_back()

    expect(page).to_have_url(re.compile(lab.hello))
    expect(page.locator(".ff-head code")).to_have_attribute("title", lab.hello)


def test_an_execution_of_somebody_else_is_as_unknown_as_none(enter, lab):
    page = enter("one", f"?page=viewer&execution={lab.other}")

    expect(page.get_by_text("There is no such execution")).to_be_visible()
    assert page.locator(".ff-mount").count() == 0


def test_a_role_that_is_taken_away_takes_the_viewer_along(enter, lab):
    accounts = lab.parts.access.accounts
    accounts.add("gone", PASSWORD, roles={"hello": "operator", "drawn": "viewer"})
    page = enter("gone", f"?page=viewer&execution={lab.hello}")
    expect(node(page, "greet")).to_be_visible()

    accounts.grant("gone", "", workflow="hello")

    expect(page.locator(".ff-mount")).to_have_count(0, timeout=15000)


def test_draws_saves_and_publishes_in_the_name_of_who_did_it(enter, lab):
    page = enter("pen", "?page=workflows&workflow=drawn")
    page.get_by_role("link", name="Edit").click()
    expect(node(page, "done")).to_be_visible()

    node(page, "done").click()
    page.get_by_label("Message").fill("drawn here")
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Yes, do it").click()

    expect(page.locator(".ff-head .ff-pill")).to_have_text("active")
    assert "drawn here" in (lab.root / "drawn.flow.yaml").read_text()
    saved = lab.parts.access.audit.lines(action="workflow.activated")[0]
    assert (saved.who, saved.target) == ("pen", "drawn")


def test_asks_before_what_was_drawn_is_lost(enter, lab):
    page = enter("pen", "?page=editor&workflow=drawn")
    node(page, "start").click()
    page.locator(".ff-canvas").click(position={"x": 300, "y": 40})
    node(page, "start").click()
    page.keyboard.press("Delete")
    expect(node(page, "start")).to_have_count(0)

    page.get_by_role("link", name="All workflows").click()
    page.get_by_role("button", name="Stay here").click()
    expect(page).to_have_url(re.compile("page=editor"))
    page.get_by_role("link", name="All workflows").click()
    page.get_by_role("button", name="Leave without saving").click()

    expect(page).to_have_url(re.compile("page=workflows"))


def test_who_may_only_look_sees_the_workflow_and_changes_nothing(enter, lab):
    page = enter("vic", "?page=editor&workflow=hello")
    expect(page.locator(".ff-badge", has_text="Read only")).to_be_visible()

    node(page, "done").click()
    page.keyboard.press("Delete")

    expect(node(page, "done")).to_be_visible()
    assert page.get_by_role("button", name="Publish").count() == 0
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()


def test_a_workflow_of_somebody_else_is_not_told_of(enter):
    page = enter("pen", "?page=editor&workflow=hello")

    expect(page.get_by_text("There is no such workflow")).to_be_visible()
    assert page.locator(".ff-mount").count() == 0


def test_groups_disables_and_stops_by_mouse_and_keys(enter, lab):
    page = enter("pen", "?page=editor&workflow=chain")
    node(page, "load").click(modifiers=["Control"])
    node(page, "clean").click(modifiers=["Control"])
    page.keyboard.press("g")
    name = page.get_by_label("Name of the group")
    expect(name).to_be_focused()
    page.keyboard.type("Loading")
    page.keyboard.press("Enter")
    page.keyboard.press("d")
    expect(page.locator(".ff-node[data-disabled]")).to_have_count(2)

    before = node(page, "clean").bounding_box()
    head = page.locator(".ff-drawn-head").bounding_box()
    page.mouse.move(head["x"] + head["width"] - 12, head["y"] + 8)
    page.mouse.down()
    page.mouse.move(head["x"] + head["width"] + 28, head["y"] + 108, steps=6)
    page.mouse.up()
    after, moved = (
        node(page, "clean").bounding_box(),
        page.locator(".ff-drawn-head").bounding_box(),
    )
    assert after["y"] - before["y"] == pytest.approx(moved["y"] - head["y"], abs=2)
    assert moved["y"] - head["y"] > 80

    node(page, "last").hover()
    page.get_by_label("Set a breakpoint").last.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".ff-bottom")).to_contain_text("Succeeded")
    page.keyboard.press("Control+s")

    expect(page.locator(".ff-dirty")).to_have_count(0)
    kept = Document.read(lab.root / "chain.flow.yaml").workflow
    assert [one.text for one in kept.drawn.values()] == ["Loading"]
    assert [id for id, one in kept.nodes.items() if one.disabled] == ["load", "clean"]
