"""Who sees what on the dashboard, and what they may do there."""

import pytest
from playwright.sync_api import expect

from tests.api.conftest import make_folder
from tests.browser.dashboard.conftest import PASSWORD, ServedScreen


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with ServedScreen(make_folder(tmp_path_factory.mktemp("guarded"))) as lab:
        lab.http.get("/")
        lab.finish("hello", 2)
        lab.finish("fails", 1)
        accounts = lab.parts.access.accounts
        accounts.add("ada", PASSWORD, role="admin")
        accounts.add("vic", PASSWORD, role="viewer")
        accounts.add("one", PASSWORD, roles={"hello": "operator"})
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


def test_leads_a_stranger_to_the_login_and_back_to_the_link(enter):
    page = enter("ada", "?page=executions&status=failed")

    assert "status=failed" in page.url
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_viewer_sees_no_button_that_he_may_not_use(enter):
    page = enter("vic")
    expect(page.locator("tbody tr")).to_have_count(3)

    assert page.locator("[data-pick], [data-bulk]").count() == 0
    assert (
        page.locator(".ff-nav a[href='?page=audit'], .ff-nav a[href='?page=access']").count() == 0
    )
    page.locator("tbody tr").first.click()
    page.locator(".ff-drawer").wait_for()
    assert page.locator(".ff-drawer [data-act]").count() == 0


PRESS = """id => {
    const find = root => { for (const one of root.querySelectorAll('*')) {
        if (one.matches('.ff-root.is-main .ff-content')) return one;
        const found = one.shadowRoot && find(one.shadowRoot);
        if (found) return found;
    } };
    const button = document.createElement('button');
    button.type = 'button';
    Object.assign(button.dataset, { act: 'restart', id });
    find(document).append(button);
    button.click();
}"""


def test_what_a_viewer_sends_all_the_same_is_refused(enter, lab):
    page = enter("vic", "?page=executions&status=failed")
    id = page.locator("tbody tr").first.get_attribute("data-key")

    page.evaluate(PRESS, id)

    expect(page.get_by_role("alert")).to_contain_text("this takes the role operator")


def test_who_may_see_one_workflow_sees_no_other(enter):
    page = enter("one")

    expect(page.locator("tbody tr")).to_have_count(2)
    assert set(page.locator("tbody strong").all_inner_texts()) == {"hello"}
    assert [one.get_attribute("href") for one in page.locator(".ff-nav a").all()] == [
        "?page=executions",
        "?page=workflows",
        "?page=schedules",
        "?page=dead_letters",
    ]


def test_shows_nothing_of_a_page_that_takes_another_role(enter):
    page = enter("vic", "?page=audit")

    expect(page.get_by_role("alert")).to_contain_text("takes a role that vic does not have")


def test_what_is_done_is_logged_with_who_did_it(enter, lab):
    page = enter("ada", "?page=workflows")

    page.locator("tr[data-key='hello']").get_by_role("button", name="Activate").click()
    expect(
        page.locator("tr[data-key='hello']").get_by_role("button", name="Deactivate")
    ).to_be_visible()

    line = lab.parts.access.audit.lines(action="workflow.activated")[0]
    assert (line.who, line.way, line.target) == ("ada", "session", "hello")


def test_a_page_whose_session_is_over_shows_nothing_new(enter, lab):
    page = enter("vic")
    lab.parts.access.sessions.end_of("vic")

    page.get_by_role("button", name="Failed", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("your session is over")


def test_signs_out(enter):
    page = enter("ada")

    page.get_by_role("button", name="Sign out").click()

    page.wait_for_url("**/login*")
