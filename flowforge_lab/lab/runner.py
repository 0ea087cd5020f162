"""The lab behind an editor: runs what is drawn, keeps what is saved, tells the names that exist."""

from collections.abc import Mapping
from typing import Any

from flowforge_lab.plan import Surroundings
from flowforge_lab.services import Listener, StepView
from flowforge_lab.spec import Document

from .lab import Lab
from .operating import whoami


class LabRun:
    """An execution that was started from an editor."""

    def __init__(self, lab: Lab, execution_id: str, *, by: str = "") -> None:
        self._lab = lab
        self._by = by or whoami()
        self.execution_id = execution_id

    def go_on(self, *, is_step: bool = False) -> None:
        """Let the execution go on from where it stopped."""
        debugging = self._lab.parts.operations.debugging
        going = debugging.go_on(self.execution_id, by=self._by, is_step=is_step)
        self._lab.loop.run_sync(going)

    def cancel(self) -> None:
        """Ask the execution to stop."""
        self._lab.cancel(self.execution_id, reason="cancelled in the editor")

    def step(self, node: str) -> StepView | None:
        """Return the latest visit of a node, or `None` if there was none."""
        visits = [step for step in self._lab.steps_of(self.execution_id) if step.node == node]
        return visits[-1] if visits else None


class LabRunner:
    """Implements `services.Runner` for one lab; what is done is done in the name of `by`."""

    def __init__(self, lab: Lab, *, by: str = "") -> None:
        self._lab = lab
        self._by = by

    def run(
        self,
        document: Document,
        inputs: Mapping[str, Any],
        listener: Listener,
        *,
        breakpoints: Mapping[str, str] | None = None,
    ) -> LabRun:
        """Start an execution of the document as it is in the editor; pins stand for their nodes."""
        id = self._lab.start(
            document,
            inputs,
            on_event=listener,
            with_pins=True,
            breakpoints=dict(breakpoints or {}),
        )
        return LabRun(self._lab, id, by=self._by)

    def saved(self, document: Document) -> None:
        """Keep what was saved: as the newest version, or as a draft where it is not valid."""
        self._lab.keep(document)

    def surroundings(self) -> Surroundings:
        """Return which connections and secrets a workflow may name."""
        return self._lab.surroundings()
