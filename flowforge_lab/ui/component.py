"""One screen of a session as a Panel component: what the editor and the viewer have in common."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import panel as pn
import param
from bokeh.embed.bundle import extension_dirs
from panel.custom import JSComponent

from flowforge_lab.services import EditorSession, ViewerSession, bundle_path

Theme = Literal["auto", "dark", "light"]

# Panel serves a component's bundle only from below its module's own folder; a registered extension folder
# is the way to one that several components share.
extension_dirs["flowforge_lab"] = bundle_path().parent


class Screen(JSComponent):
    """A view of a session. `height` 0 fills what is around it."""

    _bundle = bundle_path()
    _esm = bundle_path()
    theme = param.String(default="dark")

    def __init__(self, session: EditorSession | ViewerSession, **params: Any) -> None:
        super().__init__(**params)  # type: ignore[no-untyped-call]  # panel has no types
        self._page = pn.state.curdoc
        self._home = threading.get_ident()
        session.join(self)
        self.close_with_page(lambda: session.leave(self))

    def close_with_page(self, close: Callable[[], None]) -> None:
        """Call `close` once the page is gone."""
        if self._page is not None:
            self._page.on_session_destroyed(lambda _context: close())

    def send(self, message: dict[str, Any]) -> None:
        """Hand a message to the browser; from another thread it goes by way of the page's loop."""
        if self._page is None or self._page.session_context is None:
            self._send_msg(message)
        else:
            self._page.add_next_tick_callback(partial(self._send_msg, message))
