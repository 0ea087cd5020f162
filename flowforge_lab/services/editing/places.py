"""Where nodes are shown to which the file gives no place."""

from collections.abc import Iterable, Mapping

from flowforge_lab.nodes import Registry
from flowforge_lab.spec import Workflow

from .edits import Op
from .picture import arrange


class Places:
    """Where the nodes of an open workflow are shown that have no place of their own, whatever is edited."""

    def __init__(self, workflow: Workflow, registry: Registry) -> None:
        self.arranged = arrange(workflow, registry)

    def settled(self, workflow: Workflow, ops: Iterable[Op]) -> Workflow:
        """Return the workflow with every node where it is shown, if one of the edits places something.

        Were some places written and others not, the others would stand elsewhere when it is opened again.
        """
        if not any(_places(op) for op in ops):
            return workflow
        shown = {id: place for id, place in self.arranged.items() if id in workflow.nodes}
        return workflow.model_copy(update={"canvas": {**shown, **workflow.canvas}})

    def follow_rename(self, old: str, new: str) -> None:
        """Show a node that has another id where it was."""
        if old in self.arranged:
            self.arranged[new] = self.arranged.pop(old)


def _places(op: Op) -> bool:
    """Whether an edit says where something stands on the canvas."""
    change = op.get("set")
    return op.get("op") in ("add_node", "move") or (isinstance(change, Mapping) and "at" in change)
