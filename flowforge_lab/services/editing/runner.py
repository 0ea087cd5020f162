"""What the editor needs of whoever runs workflows; the lab gives it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flowforge_lab.events import Entry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services.steps import StepView
from flowforge_lab.spec import Document

Listener = Callable[[Entry], None]
"""Called for each event of the execution, in order, from any thread."""


class Run(Protocol):
    """One execution that was started from an editor."""

    @property
    def execution_id(self) -> str:
        """The id of the execution; empty until it is known."""

    def go_on(self, *, is_step: bool = False) -> None:
        """Let the execution go on from where it stopped, by one step or until it stops again.

        Raises:
            ConflictError: it does not stand still.
        """

    def cancel(self) -> None:
        """Ask the execution to stop; its end is told to the listener like any other."""

    def step(self, node: str) -> StepView | None:
        """Return what is known of a node's latest visit, or `None` if there was none."""


class Runner(Protocol):
    """Starts executions. May be called from any thread and must not block for long."""

    def run(
        self,
        document: Document,
        inputs: Mapping[str, Any],
        listener: Listener,
        *,
        breakpoints: Mapping[str, str] | None = None,
    ) -> Run:
        """Start an execution of the document as it is in the editor, saved or not.

        It stops before nodes that have a breakpoint where their condition holds; an empty one always does.

        Raises:
            FlowForgeError: it cannot be started; the text is shown to the person.
        """

    def saved(self, document: Document) -> None:
        """Take note that the document was written to its file."""

    def surroundings(self) -> Surroundings:
        """Return which connections and secrets a workflow may name."""
