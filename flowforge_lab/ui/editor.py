"""The node editor on a served page."""

import threading
from functools import partial
from pathlib import Path
from typing import Any, Literal

import panel as pn
import param
from bokeh.embed.bundle import extension_dirs
from panel.custom import JSComponent

from flowforge_lab.lab import Lab, open_session
from flowforge_lab.nodes import Registry
from flowforge_lab.services import EditorSession, Runner, answer, bundle_path
from flowforge_lab.spec import Document, Workflow

Theme = Literal["auto", "dark", "light"]


# Panel serves a component's bundle only from below its module's own folder; a registered extension folder
# is the way to one that two hosts share.
extension_dirs["flowforge_lab"] = bundle_path().parent


class FlowEditor(JSComponent):
    """One view of a session as a Panel component. `height` 0 fills what is around it."""

    _bundle = bundle_path()
    _esm = bundle_path()
    theme = param.String(default="dark")

    def __init__(self, session: EditorSession, **params: Any) -> None:
        self._session = session
        super().__init__(**params)  # type: ignore[no-untyped-call]  # panel has no types
        self._page = pn.state.curdoc
        self._home = threading.get_ident()
        session.join(self)
        if self._page is not None:
            self._page.on_session_destroyed(lambda _context: session.leave(self))

    def _handle_msg(self, message: Any) -> None:
        answer(self._session, self, message)

    def send(self, message: dict[str, Any]) -> None:
        """Hand a message to the browser; from another thread it goes by way of the page's loop."""
        if self._page is None or self._page.session_context is None:
            self._send_msg(message)
        else:
            self._page.add_next_tick_callback(partial(self._send_msg, message))


def open_editor(
    source: str | Path | Workflow | Document,
    *,
    lab: Lab | None = None,
    registry: Registry | None = None,
    runner: Runner | None = None,
    theme: Theme = "dark",
    is_read_only: bool = False,
    **params: Any,
) -> FlowEditor:
    """Return an editor of its own session on a path, a workflow or a document.

    It runs in `lab`, or in the lab of the present folder, which every editor of this process shares.
    `runner` and `registry` take the place of the lab, for tests and other hosts. `params` are those of a
    Panel component, such as `height` and `sizing_mode`.
    """
    session = open_session(
        source, lab=lab, registry=registry, runner=runner, is_read_only=is_read_only
    )
    return FlowEditor(session, theme=theme, **params)
