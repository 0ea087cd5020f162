"""A lab served with its dashboard, and a page of Chromium on it."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from flowforge_lab.api import Access, Server, listen, needed_role, terms_of
from flowforge_lab.lab import Parts
from flowforge_lab.ui import ServedDashboard
from tests.api.conftest import Served, make_folder

PASSWORD = "correct horse battery"
SLOW = """\
nodes:
  start: {kind: trigger.manual, next: rest}
  rest: {kind: flow.delay, config: {duration: 90s}, next: done}
  done: {kind: flow.end}
"""


class ServedScreen(Served):
    """A lab and its server as elsewhere, with the dashboard at `/`."""

    async def _serve(self):
        async with Parts(self.root, self._settings) as self.parts:
            self.listener = listen(self._host)
            self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
            terms = terms_of(self._settings, self._host)
            access = Access(self.parts.access, self.parts.clock, terms)
            self.screen = ServedDashboard(self.parts, needed=needed_role, renew=access.renew)
            self.server = Server(self.parts, access, self.listener, screen=self.screen)
            asyncio.get_running_loop().call_later(0.05, self._is_up.set)
            await self.server.run()

    def finish(self, id: str, count: int = 1, **fields: object) -> list[str]:
        return [self.start(id, wait=5, **fields) for _ in range(count)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedScreen]:
    folder = make_folder(tmp_path_factory.mktemp("lab"))
    (folder / "slow.flow.yaml").write_text(SLOW)
    with ServedScreen(folder) as lab:
        lab.http.get("/api/executions")
        assert lab.http.get("/").status_code == 200
        lab.finish("hello", 3)
        lab.finish("fails", 2)
        yield lab


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must neither stumble, nor complain, nor miss a file."""
    wrong: list[str] = []
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.on("pageerror", lambda error: wrong.append(error.stack or str(error)))
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    page.on(
        "response",
        lambda got: wrong.append(f"{got.status} {got.url}") if got.status >= 400 else None,
    )
    yield page
    assert wrong == []


@pytest.fixture
def look(page: Page, lab: ServedScreen) -> Callable[[str], Page]:
    """Open an address of the dashboard, and return the page once it is alive."""

    def open_at(query: str = "") -> Page:
        page.goto(f"{lab.url}/{query}")
        page.wait_for_selector("html[data-ff-ready]", timeout=30000)
        return page

    return open_at


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(
                pytest.mark.filterwarnings("default")
            )  # libraries of the screen warn of one another
