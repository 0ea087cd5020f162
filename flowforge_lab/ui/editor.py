"""The node editor on a served page."""

from pathlib import Path
from typing import Any

from flowforge_lab.lab import Lab, open_session
from flowforge_lab.nodes import Registry
from flowforge_lab.services import EditorSession, Runner, answer
from flowforge_lab.spec import Document, Workflow

from .component import Screen, Theme


class FlowEditor(Screen):
    """One view of an editor's session."""

    def __init__(self, session: EditorSession, **params: Any) -> None:
        self._session = session
        super().__init__(session, **params)

    def answer(self, message: Any) -> None:
        """Do what a message of the browser asks for."""
        answer(self._session, self, message)


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
