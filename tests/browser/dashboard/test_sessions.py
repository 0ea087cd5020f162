"""What open pages take, and what closed ones leave behind."""

import gc
import weakref

import pytest
from playwright.sync_api import expect

from flowforge_lab.ui.dashboard import served


@pytest.fixture
def short_patience(monkeypatch):
    monkeypatch.setattr(served, "UNUSED_SECONDS", 10.0)
    monkeypatch.setattr(served, "_CHECK_SECONDS", 0.5)


@pytest.fixture
def lab(short_patience, tmp_path):
    from tests.api.conftest import make_folder
    from tests.browser.dashboard.conftest import ServedScreen

    with ServedScreen(make_folder(tmp_path)) as lab:
        assert lab.http.get("/api/executions").status_code == 200
        yield lab


def test_twenty_pages_that_were_closed_leave_nothing_behind(context, lab):
    screen = lab.screen
    pages = [context.new_page() for _ in range(20)]
    for page in pages:
        page.goto(f"{lab.url}/")
        page.wait_for_selector("html[data-ff-ready]", timeout=60000)
    kept = [weakref.ref(one) for one in screen.screens.values()]
    assert (len(screen.screens), screen.pulse.count, screen.sessions) == (20, 20, 20)

    for page in pages:
        page.close()

    lab.wait_for(lambda: not screen.screens and not screen.sessions, 60)
    gc.collect()
    assert screen.pulse.count == 0
    assert sum(one() is not None for one in kept) <= 1  # the last request's may linger in its task


def test_a_page_that_was_never_connected_goes_as_well(lab):
    assert lab.http.get("/").status_code == 200

    lab.wait_for(lambda: not lab.screen.screens, 60)


def test_nobody_connects_to_the_page_of_somebody_else(context, lab):
    page = context.new_page()
    page.goto(f"{lab.url}/")
    page.wait_for_selector("html[data-ff-ready]", timeout=60000)
    [screen] = lab.screen.screens.values()
    scope = {"subprotocols": ["bokeh", "nonsense"]}

    assert not lab.screen._is_owner(scope, screen.desk.rights.visitor)
    expect(page.locator("h1")).to_have_count(1)


def test_the_server_ends_while_pages_are_open(context, tmp_path):
    from tests.api.conftest import make_folder
    from tests.browser.dashboard.conftest import ServedScreen

    with ServedScreen(make_folder(tmp_path)) as lab:
        page = context.new_page()
        page.goto(f"{lab.url}/")
        page.wait_for_selector("html[data-ff-ready]", timeout=60000)

    assert not lab._thread.is_alive()
