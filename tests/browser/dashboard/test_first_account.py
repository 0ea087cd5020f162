"""The first account of a lab, made on the dashboard: from then on everybody signs in, and somebody is admin."""

import pytest
from playwright.sync_api import expect

from tests.api.conftest import make_folder
from tests.browser.dashboard.conftest import PASSWORD, ServedScreen


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with ServedScreen(make_folder(tmp_path_factory.mktemp("open"))) as lab:
        lab.http.get("/")
        yield lab


def test_the_first_account_is_that_of_an_admin_who_is_led_to_the_login(look, page, lab):
    look("?page=access")
    page.get_by_role("button", name="New account").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_text("From then on everybody has to sign in")).to_be_visible()
    form.get_by_label("Name").fill("ada")
    form.get_by_label("Password").fill("short")
    form.get_by_role("button", name="Make it").click()
    expect(form.get_by_role("alert")).to_contain_text("12")
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button", name="Make it").click()

    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.locator("tbody tr", has_text="ada")).to_contain_text("admin")
    assert "page=access" in page.url
