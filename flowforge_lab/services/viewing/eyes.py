"""What the viewer needs of whoever keeps executions; the lab gives it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from flowforge_lab.events import Entry
from flowforge_lab.expressions import Compiled
from flowforge_lab.spec import Workflow
from flowforge_lab.store import ExecutionHead

Reader = Callable[[Entry], None]
Stop = Callable[[], None]


class Eyes(Protocol):
    """Looks at executions and steers them. May be called from any thread; what it does is journaled.

    Each of these raises a FlowForgeError where it cannot be done; its text is shown to the person.
    """

    def head(self, execution_id: str) -> ExecutionHead:
        """Return the summary of an execution; the start or the end of its id is enough."""

    def read(self, execution_id: str) -> Sequence[Entry]:
        """Return the journal of an execution so far."""

    def follow(self, execution_id: str, reader: Reader) -> Stop:
        """Call `reader`, from any thread, for what happens from now on, whoever runs it.

        An entry may come twice, and one that was read may come again.
        """

    def workflow(self, digest: str) -> Workflow:
        """Return the workflow as it was in a version."""

    def unpack(self, form: Any) -> Any:
        """Return the value of a journal form."""

    def render(self, compiled: Compiled, scope: Mapping[str, Any]) -> Any:
        """Return what an expression gives."""

    def kin(self, execution_id: str) -> Sequence[ExecutionHead]:
        """Return the executions that this one started, and those that repeat it."""

    def recent(self, workflow_id: str) -> Sequence[ExecutionHead]:
        """Return the newest executions of a workflow."""

    def ways(self, execution_id: str) -> Sequence[Mapping[str, Any]]:
        """Return how an execution can go on where it stopped, as JSON values."""

    def steer(self, execution_id: str, deed: str, **given: Any) -> str:
        """Do a deed to an execution; return the id of the one that came of it, empty where none did.

        Deeds are `pause`, `go_on`, `cancel`, `variable`, `outputs`, `breakpoints`, `fork`, `resume`,
        `restart`, `answer`.
        """
