"""The pins of one workflow, as a notebook asks for them."""

from typing import Any

from flowforge_lab.services import Pinned, Source

from .loop import LoopThread
from .parts import Parts


class WorkflowPins:
    """`lab.pins(workflow)`: outputs that stand for those of nodes in runs `with_pins`."""

    def __init__(self, parts: Parts, loop: LoopThread, workflow: Source) -> None:
        self._pins = parts.pins
        self._loop = loop
        self._workflow = workflow

    def all(self) -> list[Pinned]:
        """Return the pins, by node."""
        return self._loop.run_sync(self._pins.all(self._workflow))

    def set(self, node: str, outputs: Any, *, port: str = "") -> Pinned:
        """Pin outputs to a node; they leave by `port`, its first one if not named.

        Raises:
            NotFoundError: the workflow has no such node, or the node no such port.
            PlanError: the workflow is not valid, or the outputs are none that the node could have.
        """
        return self._loop.run_sync(self._pins.set(self._workflow, node, outputs, port=port))

    def take(self, node: str, execution_id: str) -> Pinned:
        """Pin what a node gave in an execution.

        Raises:
            NotFoundError: there is no such execution, or the node did not succeed in it.
        """
        return self._loop.run_sync(self._pins.take(self._workflow, node, execution_id))

    def clear(self, node: str = "") -> list[str]:
        """Take the pin of a node away, or all, and return the nodes that had one.

        Raises:
            NotFoundError: the named node has no pin.
        """
        return self._loop.run_sync(self._pins.clear(self._workflow, node))
