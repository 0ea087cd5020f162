"""A workflow gone through node by node, as a notebook does that was made of it."""

from collections.abc import Mapping
from typing import Any

from flowforge_lab.errors import ConflictError, NodeError
from flowforge_lab.events import fold
from flowforge_lab.expressions import Evaluator, compile_value
from flowforge_lab.plan import Plan
from flowforge_lab.services import Given
from flowforge_lab.spec import ERROR_PORT, Document
from flowforge_lab.values import Frame, normalise

from .loop import LoopThread
from .parts import Parts


class Walk:
    """One way through a workflow: `nodes` are the outputs so far by id, `inputs` what it was begun with.

    Nodes run one after the other, each as an execution of its own in the history; code of the notebook
    stands for the nodes whose results it gives by `note`.
    """

    def __init__(
        self, parts: Parts, loop: LoopThread, document: Document, *, inputs: Mapping[str, Any]
    ) -> None:
        self._parts = parts
        self._loop = loop
        self._document = document
        self._plan: Plan = loop.run_sync(parts.workflows.register(document))
        self._from: dict[str, list[str]] = {}
        self._leaves: list[str] = []
        self._failed: set[str] = set()
        self._is_over = False
        self._end: Any = None
        self.inputs = dict(inputs)
        self.nodes: dict[str, Any] = {}

    def value(self, expression: str) -> Any:
        """Return what an expression of the workflow gives at this point; tables are frames of pandas.

        Raises:
            ExpressionError: it names what is not there, or fails.
        """
        text = expression if "{{" in expression else f"{{{{ {expression} }}}}"
        return _with_tables(self._loop.run_sync(self._rendered(text)))

    async def _rendered(self, text: str) -> Any:
        evaluator = Evaluator()
        scope = {"nodes": self.nodes, "inputs": self.inputs, "now": self._parts.clock.now()}
        try:
            return await evaluator.render(compile_value(text), scope)
        finally:
            await evaluator.close()

    def is_reached(self, node: str) -> bool:
        """Whether the way taken so far leads to a node, so that it is to run."""
        return not self._is_over and bool(self._from.get(node))

    def run(self, node: str) -> str:
        """Run a node with what it gets on this way, and return the port it ended by; of a loop all its turns.

        Raises:
            NodeError: it failed, and no edge of its leads on from an error.
        """
        execution_id = self._loop.run_sync(
            self._parts.operations.single.start(self._document, node, self._given(node))
        )
        outcome = self._loop.run_sync(self._parts.executions.wait(execution_id))
        state = fold(self._loop.run_sync(self._parts.executions.entries(execution_id)))
        visits = [visit for visit in state.own_visits() if visit.node == node]
        if outcome.status != "succeeded" and not (visits and visits[-1].port == ERROR_PORT):
            error = outcome.error
            title = error.title if error is not None else f"{node} ended as {outcome.status}"
            raise NodeError(title, type=error.type if error is not None else "walk.ended")
        if self._plan.steps[node].type.is_trigger:
            self.inputs = self._loop.run_sync(self._parts.executions.inputs(execution_id))
        outputs = self._parts.engine.payloads.unpack(visits[-1].outputs)
        if self._plan.steps[node].type.ends:
            self._is_over, self._end = True, outputs["result"]
        self._leave(node, outputs, visits[-1].port)
        return visits[-1].port

    def _given(self, node: str) -> Given:
        if self._plan.steps[node].type.is_trigger:
            return Given(inputs=self.inputs)
        sources = self._from.get(node, [])
        if not sources:
            msg = f"the way taken does not lead to {node!r}"
            raise ConflictError(msg)
        came: Any = self.nodes[sources[-1]]
        if self._plan.steps[node].type.joins:
            came = {source: self.nodes[source] for source in sources}
        ran = {id: outputs for id, outputs in self.nodes.items() if id not in self._failed}
        return Given(input=came, nodes=ran, inputs=self.inputs)

    def note(self, node: str, result: Any) -> None:
        """Take a result as that of a node whose code has run in the notebook.

        Raises:
            TypeError: it is nothing that may flow along an edge.
        """
        self._leave(node, {"result": normalise(result), "logs": []}, "out")

    def _leave(self, node: str, outputs: Any, port: str) -> None:
        self.nodes[node] = outputs
        if port == ERROR_PORT:
            self._failed.add(node)
        edges = self._plan.steps[node].ways.get(port, ())
        for edge in edges:
            self._from.setdefault(edge.target, []).append(node)
        if not edges:
            self._leaves.append(node)

    @staticmethod
    def log(message: object, level: str = "info") -> None:
        """Print a line, as the code of a node does into its log."""
        print(f"[{level}] {message}")  # noqa: T201  # a notebook shows it below the cell

    @property
    def result(self) -> Any:
        """What the workflow comes to: the result of its end, else the outputs of its last nodes by id."""
        return self._end if self._is_over else {node: self.nodes[node] for node in self._leaves}


def _with_tables(value: Any) -> Any:
    """Return a copy of a value with frames of pandas in it."""
    if isinstance(value, Frame):
        return value.to_pandas()
    if isinstance(value, list):
        return [_with_tables(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _with_tables(item) for key, item in value.items()}
    return value
