"""A lab that was copied: the dashboard tells that nothing fires in it, and can change that."""

import shutil

import pytest
from playwright.sync_api import expect

from tests.api.conftest import Served, make_folder
from tests.browser.dashboard.conftest import ServedScreen

TICKS = """\
nodes:
  start: {kind: trigger.schedule, config: {cron: "0 7 * * *"}, next: done}
  done: {kind: flow.end}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = make_folder(tmp_path_factory.mktemp("home"))
    (folder / "alerts").mkdir()
    (folder / "alerts" / "any.yaml").write_text("sql: select 1 where false\n")
    with Served(folder) as home:
        home.write("ticks", TICKS)
    copied = tmp_path_factory.mktemp("copied") / "lab"
    shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("*.sock", "sock*"))
    with ServedScreen(copied) as lab:
        lab.http.get("/")
        yield lab


def test_a_copied_lab_says_that_nothing_fires_until_it_is_one_of_its_own(look):
    page = look()
    page.locator(".ff-nav a[href='?page=alerts']").click()
    expect(page.locator("tr[data-key='any']")).to_contain_text("rests in a copy")
    page.locator(".ff-brand").get_by_role("link", name="copied").click()
    row = page.locator("tr[data-key='ticks.start']")
    expect(row).to_contain_text("rests in a copy")

    page.get_by_role("button", name="Make it a lab of its own").click()
    page.get_by_role("button", name="Yes, do it").click()

    expect(row).to_contain_text("fires")
    expect(page.get_by_text("This lab was copied")).to_have_count(0)
    expect(page.locator(".ff-brand").get_by_role("link", name="copied")).to_have_count(0)
