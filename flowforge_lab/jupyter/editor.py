"""The node editor in a notebook cell."""

from pathlib import Path
from typing import Any

import traitlets

from flowforge_lab.lab import Lab, open_session
from flowforge_lab.nodes import Registry
from flowforge_lab.services import Runner, answer
from flowforge_lab.spec import Document, Workflow, digest

from .widget import Screen, Theme, with_picture


class Editor(Screen):
    """The node editor: `Editor("report.flow.yaml")` at the end of a cell shows it.

    Takes a path (made on the first save where there is no file yet), a workflow built in Python, or a
    document. Showing one editor in several cells gives several views of one graph. It runs in `lab`, or in
    the lab of the present folder, which every editor of this kernel shares. `runner` and `registry` take
    the place of the lab, for tests and other hosts.

    It is a widget like a slider is: `value` is the workflow as it was last drawn without errors. It is told
    anew with each edit that changes what the workflow does, and not where a node was only moved; so
    reactive cells that read it run again.
    """

    value = traitlets.Instance(Workflow)

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
        super().__init__("editor", theme=theme, height=height)
        self.value = self.session.workflow
        self.session.join(self)
        self.session.watch(lambda _workflow: self.at_home(self._take))

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

    def close(self) -> None:
        """Take the editor off the page."""
        if hasattr(self, "session"):  # not so where it could not be opened
            self.session.leave(self)
        super().close()

    def _receive(self, _widget: object, message: Any, _buffers: object) -> None:
        answer(self.session, self, message)

    def _take(self) -> None:
        workflow = self.session.workflow
        is_other = digest(workflow) != digest(self.value)
        if is_other and all(one.severity != "error" for one in self.session.problems):
            self.value = workflow

    def _repr_mimebundle_(self, **options: Any) -> Any:
        shown = super()._repr_mimebundle_(**options)  # IPython's own protocol
        return with_picture(shown, self.session.picture())
