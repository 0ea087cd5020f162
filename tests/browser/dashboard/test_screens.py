"""The viewer and the editor on pages of the dashboard: reached, alive, and only for who may."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard.conftest import PASSWORD, SLOW, ServedScreen
from tests.api.conftest import make_folder

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
    with ServedScreen(folder) as lab:
        lab.http.get("/")
        [lab.hello] = lab.finish("hello")
        [lab.other] = lab.finish("drawn")
        accounts = lab.parts.access.accounts
        accounts.add("ada", PASSWORD, role="admin")
        accounts.add("vic", PASSWORD, role="viewer")
        accounts.add("one", PASSWORD, roles={"hello": "operator"})
        accounts.add("pen", PASSWORD, roles={"drawn": "editor"})
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
