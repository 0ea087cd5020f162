"""One screen of a session as a widget: what the editor and the viewer have in common."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Literal

import anywidget
import traitlets

from flowforge_lab.services import bundle_path

Theme = Literal["auto", "dark", "light"]
_MAX_PICTURE_CHARS = 100_000


class Screen(anywidget.AnyWidget):
    """A view of a session. Nothing that it shows is in its state, so notebooks stay small."""

    _esm = traitlets.Unicode().tag(sync=True)
    screen = traitlets.Unicode("editor").tag(sync=True)
    theme = traitlets.Unicode("auto").tag(sync=True)
    height = traitlets.Int(600).tag(sync=True)

    def __init__(self, screen: str, *, theme: Theme = "auto", height: int = 600) -> None:
        self.at_home = in_home_loop()
        source = bundle_path().read_text(encoding="utf-8")
        super().__init__(_esm=source, screen=screen, theme=theme, height=height)
        self.on_msg(self._receive)

    def _receive(self, _widget: object, message: Any, _buffers: object) -> None:
        """Answer what the browser asks."""
        raise NotImplementedError

    def send(self, message: Any, buffers: Any = None) -> None:
        """Hand a message to the browser; from another thread it goes by way of the kernel's loop."""
        self.at_home(super().send, message, buffers)


def with_picture(shown: Any, picture: str) -> Any:
    """Return a widget's mime bundle with a picture beside it, for where no widget can be shown.

    One of hundreds of nodes is left out, so that a saved notebook stays small.

    `shown` is what a widget gives IPython: the bundle, or the bundle and its metadata.
    """
    bundle, *rest = shown if isinstance(shown, tuple) else (shown,)
    if not isinstance(bundle, dict) or len(picture) > _MAX_PICTURE_CHARS:
        return shown
    bundle = {**bundle, "image/svg+xml": picture}
    return (bundle, *rest) if rest else bundle


def in_home_loop() -> Callable[..., None]:
    """Return what calls a function in this thread, where widgets may be changed, from any thread.

    Of a kernel that has ended nothing is called any more.
    """
    home, loop = threading.get_ident(), _running_loop()

    def call(act: Callable[..., None], *given: Any) -> None:
        if loop is None or threading.get_ident() == home:
            act(*given)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(act, *given)

    return call


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop of the thread, a kernel's; `None` where none runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
