"""The editor as a person meets it: by mouse, by keys, and by what the saved file says."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLateError
from ruamel.yaml import YAML


def seen(locator: Locator, seconds: float = 3.0) -> bool:
    """Whether something shows within so many seconds."""
    try:
        locator.wait_for(timeout=seconds * 1000)
    except TooLateError:
        return False
    return True


def until(attempt: Callable[[], bool], times: int = 4) -> bool:
    """Do something again, as a person would, until it was seen: a page that moves swallows a click."""
    return any(attempt() for _ in range(times))


class EditorDriver:
    """One editor on a page. `file` is the workflow it shows."""

    def __init__(self, page: Page, file: Path, *, index: int = 0) -> None:
        self.page = page
        self.file = file
        self.root = page.locator(".ff-editor").nth(index)

    # Finding.

    def node(self, id: str) -> Locator:
        return self.root.locator(f'.react-flow__node[data-id="{id}"]')

    def port(self, id: str, name: str, side: str = "source") -> Locator:
        return self.node(id).locator(f'.react-flow__handle.{side}[data-handleid="{name}"]')

    def palette(self, kind: str) -> Locator:
        return self.root.locator(f'.ff-palette .ff-type[data-kind="{kind}"]').first

    def field(self, path: str) -> Locator:
        return self.root.locator(f'[data-field="{path}"]')

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    @property
    def nodes(self) -> Locator:
        return self.root.locator(".react-flow__node")

    @property
    def edges(self) -> Locator:
        return self.root.locator(".react-flow__edge")

    @property
    def notice(self) -> Locator:
        return self.root.locator(".ff-notice").last

    def middle(self, place: Locator) -> tuple[float, float]:
        box = place.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    # Doing.

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], *, steps: int = 8
    ) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(start[0] + 4, start[1] + 4)
        mouse.move(*end, steps=steps)
        mouse.move(*end)
        mouse.up()

    def connect(self, source: Locator, target: Locator) -> None:
        self.drag(self.middle(source), self.middle(target))

    def drop_type(self, kind: str, at: tuple[float, float]) -> None:
        """Drag a node type from the palette onto the canvas, with real mouse events."""
        found = self.palette(kind)
        found.scroll_into_view_if_needed()
        self.drag(self.middle(found), at, steps=12)

    def spot(self, x: float, y: float) -> tuple[float, float]:
        """Return the point of the page at these shares of the canvas."""
        box = self.root.locator(".ff-canvas").bounding_box()
        assert box is not None
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    def open(self, id: str, tab: str = "Config") -> None:
        self.button("Show everything").click()
        self.page.wait_for_timeout(350)
        self.node(id).locator(".ff-tile").click()
        self.root.get_by_role("tab", name=tab).first.click()

    def delete(self, id: str) -> None:
        def select() -> bool:
            self.node(id).locator(".ff-tile").click()
            return seen(self.root.locator(f'.react-flow__node.selected[data-id="{id}"]'))

        assert until(select)
        self.press("Delete")
        expect(self.node(id)).to_have_count(0)

    def write(self, path: str, text: str) -> None:
        """Type into a field, in place of what it says."""
        control = self.field(path).locator(".cm-content, input, textarea").first
        control.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def press(self, keys: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(keys)

    def focus_canvas(self) -> None:
        self.page.mouse.click(*self.spot(0.5, 0.97))

    # Knowing.

    def saved(self) -> dict[str, Any]:
        """Save with Ctrl+S and return what the file says."""
        self.page.wait_for_timeout(120)
        if self.root.locator(".ff-dirty").count():
            self.focus_canvas()
            self.press("Control+s")
            expect(self.root.locator(".ff-dirty")).to_have_count(0)
        return YAML(typ="safe").load(self.file.read_text(encoding="utf-8"))

    def wait_until(self, holds: Any, seconds: float = 5.0) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not come true in time"
            self.page.wait_for_timeout(40)
