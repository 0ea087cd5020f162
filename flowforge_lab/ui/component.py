"""One screen of a session as a Panel component: what the editor and the viewer have in common."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Protocol

import panel as pn
import param
from bokeh.embed.bundle import extension_dirs
from panel.custom import JSComponent

from flowforge_lab.services import EditorSession, ViewerSession, bundle_path

Theme = Literal["auto", "dark", "light"]

# Panel serves a component's bundle only from below its module's own folder; a registered extension folder
# is the way to one that several components share.
extension_dirs["flowforge_lab"] = bundle_path().parent


class Carriage(Protocol):
    """How messages go between a screen in a browser and its session, where not simply there and back."""

    def take(self, message: Any, work: Callable[[], None]) -> None:
        """Do the `work` that a message of the browser asks for, whenever and wherever that is right."""

    def bring(self, send: Callable[[], None]) -> None:
        """Call `send`, which hands a message to the browser, where its page lives."""


class Screen(JSComponent):
    """A view of a session. `height` 0 fills what is around it, and so does one that `is_filling`."""

    _bundle = bundle_path()
    _esm = bundle_path()
    theme = param.String(default="dark")
    is_filling = param.Boolean(default=False, constant=True)

    def __init__(
        self,
        session: EditorSession | ViewerSession,
        *,
        carriage: Carriage | None = None,
        **params: Any,
    ) -> None:
        self._carriage = carriage
        super().__init__(**params)  # type: ignore[no-untyped-call]  # panel has no types
        self._page = pn.state.curdoc
        session.join(self)
        self.close_with_page(lambda: session.leave(self))

    def close_with_page(self, close: Callable[[], None]) -> None:
        """Call `close` once the page is gone."""
        if self._page is not None:
            self._page.on_session_destroyed(lambda _context: close())

    def answer(self, message: Any) -> None:
        """Do what a message of the browser asks for."""
        raise NotImplementedError

    def _handle_msg(self, message: Any) -> None:
        if self._carriage is None:
            self.answer(message)
        else:
            self._carriage.take(message, partial(self.answer, message))

    def send(self, message: dict[str, Any]) -> None:
        """Hand a message to the browser; from another thread it goes by way of the page's loop."""
        if self._carriage is not None:
            self._carriage.bring(partial(self._send_msg, message))
        elif self._page is None or self._page.session_context is None:
            self._send_msg(message)
        else:
            self._page.add_next_tick_callback(partial(self._send_msg, message))
