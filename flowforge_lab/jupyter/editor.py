"""The node editor in a notebook cell."""

from pathlib import Path
from typing import Any

from flowforge_lab.lab import Lab, open_session
from flowforge_lab.nodes import Registry
from flowforge_lab.services import EditorSession, Runner, answer
from flowforge_lab.spec import Document, Workflow

from .widget import Screen, Theme, with_picture


class EditorWidget(Screen):
    """One view of an editor's session."""

    def __init__(
        self, session: EditorSession, *, theme: Theme = "auto", height: int = 600
    ) -> None:
        self._session = session
        super().__init__("editor", theme=theme, height=height)
        session.join(self)

    def _receive(self, _widget: object, message: Any, _buffers: object) -> None:
        answer(self._session, self, message)

    def close(self) -> None:
        """Take the editor off the page."""
        self._session.leave(self)
        super().close()


class Editor:
    """The node editor: `Editor("report.flow.yaml")` at the end of a cell shows it.

    Takes a path (made on the first save where there is no file yet), a workflow built in Python, or a
    document. Showing one editor in several cells gives several views of one graph. It runs in `lab`, or in
    the lab of the present folder, which every editor of this kernel shares. `runner` and `registry` take
    the place of the lab, for tests and other hosts.
    """

    def __init__(  # noqa: PLR0913  # how it looks, and what it works with
        self,
        source: str | Path | Workflow | Document,
        *,
        lab: Lab | None = None,
        registry: Registry | None = None,
        runner: Runner | None = None,
        theme: Theme = "auto",
        height: int = 600,
        is_read_only: bool = False,
    ) -> None:
        self.session = open_session(
            source, lab=lab, registry=registry, runner=runner, is_read_only=is_read_only
        )
        self.widget = EditorWidget(self.session, theme=theme, height=height)

    @property
    def workflow(self) -> Workflow:
        """The workflow as it is in the editor."""
        return self.session.workflow

    def save(self, path: str | Path | None = None, *, force: bool = False) -> Path:
        """Write the workflow to its file, or to `path`, and return where it is now.

        Raises:
            ConflictError: somebody else changed the file since it was read; nothing was written.
        """
        return self.session.save(path, force=force)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        shown = self.widget._repr_mimebundle_(**options)  # IPython's own protocol
        return with_picture(shown, self.session.picture())
