"""The execution viewer on a served page."""

from typing import Any

from flowforge_lab.lab import Lab, shared_lab
from flowforge_lab.services import ViewerSession, answer_viewer

from .component import Screen, Theme


class FlowViewer(Screen):
    """One view of a viewer's session."""

    def __init__(self, session: ViewerSession, **params: Any) -> None:
        self._session = session
        super().__init__(session, **params)

    def answer(self, message: Any) -> None:
        """Do what a message of the browser asks for."""
        answer_viewer(self._session, self, message)


def open_viewer(
    execution_id: str,
    *,
    lab: Lab | None = None,
    theme: Theme = "dark",
    is_read_only: bool = False,
    by: str = "",
    **params: Any,
) -> FlowViewer:
    """Return a viewer of an execution of `lab`, or of the lab of the present folder.

    What is done in it is done in the name of `by`. `params` are those of a Panel component, such as
    `height` and `sizing_mode`; its session is closed when the page goes.
    """
    session = (lab or shared_lab()).viewer(execution_id, is_read_only=is_read_only, by=by)
    shown = FlowViewer(session, theme=theme, **params)
    shown.close_with_page(session.close)
    return shown
