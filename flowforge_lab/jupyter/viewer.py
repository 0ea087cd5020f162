"""The execution viewer in a notebook cell."""

from typing import Any

from flowforge_lab.engine import Outcome
from flowforge_lab.lab import Debugger, Lab, shared_lab
from flowforge_lab.services import ViewerSession, answer_viewer

from .widget import Screen, Theme, with_picture


class ViewerWidget(Screen):
    """One view of a viewer's session."""

    def __init__(
        self, session: ViewerSession, *, theme: Theme = "auto", height: int = 680
    ) -> None:
        self._session = session
        super().__init__("viewer", theme=theme, height=height)
        session.join(self)

    def _receive(self, _widget: object, message: Any, _buffers: object) -> None:
        answer_viewer(self._session, self, message)

    def close(self) -> None:
        """Take the viewer off the page."""
        self._session.leave(self)
        super().close()


class Viewer:
    """An execution on its canvas, with a timeline: `Viewer(execution_id)` at the end of a cell shows it.

    Takes an id (its start is enough), an outcome of `lab.run`, or a debugger. It is live while the
    execution runs; of one that is over any moment can be gone back to. It looks into `lab`, or into the lab
    of the present folder, which every viewer of this kernel shares.
    """

    def __init__(
        self,
        execution: str | Outcome | Debugger,
        *,
        lab: Lab | None = None,
        theme: Theme = "auto",
        height: int = 680,
        is_read_only: bool = False,
    ) -> None:
        execution_id = execution if isinstance(execution, str) else execution.execution_id
        self.session = (lab or shared_lab()).viewer(execution_id, is_read_only=is_read_only)
        self.widget = ViewerWidget(self.session, theme=theme, height=height)

    @property
    def execution_id(self) -> str:
        """The execution that is shown now; links in the viewer lead to others."""
        return self.session.execution_id

    def close(self) -> None:
        """Take the viewer off the page, and follow the execution no longer."""
        self.widget.close()
        self.session.close()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        shown = self.widget._repr_mimebundle_(**options)  # IPython's own protocol
        return with_picture(shown, self.session.picture())
