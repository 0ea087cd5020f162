"""Where the executions of one editor stop; nothing of it is saved with the workflow."""

from flowforge_lab.expressions import compile_condition
from flowforge_lab.spec import Workflow

from .edits import EditError


class Breakpoints:
    """Conditions by node, empty for always."""

    def __init__(self) -> None:
        self._conditions: dict[str, str] = {}

    def of(self, workflow: Workflow) -> dict[str, str]:
        """Return those at nodes that are there; one at a node that was taken away comes back with it."""
        return {id: text for id, text in self._conditions.items() if id in workflow.nodes}

    def set(self, workflow: Workflow, node: str, condition: str | None) -> None:
        """Set a breakpoint, or with `None` take it away.

        Raises:
            EditError: the node is not there, or is a trigger, before which nothing comes.
            ExpressionError: the condition is none.
        """
        if condition is None:
            self._conditions.pop(node, None)
            return
        if node not in workflow.nodes or workflow.nodes[node].kind_name.startswith("trigger."):
            msg = f"nothing can stop before {node!r}"
            raise EditError(msg)
        if condition:
            compile_condition(condition)
        self._conditions[node] = condition

    def rename(self, old: str, new: str) -> None:
        """Follow a node to its new id."""
        if old in self._conditions:
            self._conditions[new] = self._conditions.pop(old)
