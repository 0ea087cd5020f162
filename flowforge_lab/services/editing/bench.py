"""What can be tried out while a workflow is written: earlier values, a part of a run, other versions."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import Entry, ExecutionState, fold
from flowforge_lab.expressions import Compiled
from flowforge_lab.nodes import Registry
from flowforge_lab.services.here import evaluate_here, find_here, scope_of
from flowforge_lab.services.sides import compare_documents
from flowforge_lab.spec import Change, Document, Workflow

from .names import ancestors_of
from .picture import draw
from .preview import preview
from .runner import Listener, Run
from .samples import Name, functions, merged, samples_in

_FRESH_SECONDS = 2.0
Message = dict[str, Any]


class Bench(Protocol):
    """What the lab gives for trying out; may be called from any thread.

    Each of these raises a FlowForgeError where it cannot be done; its text is shown to the person.
    """

    def journals(self, workflow_id: str) -> Sequence[Callable[[], Sequence[Entry]]]:
        """Return what reads the journals of the newest executions of a workflow, the newest first."""

    def unpack(self, form: Any) -> Any:
        """Return the value of a journal form."""

    def render(self, compiled: Compiled, scope: Mapping[str, Any]) -> Any:
        """Return what an expression gives."""

    def run_until(
        self, document: Document, node: str, listener: Listener, *, inputs: Mapping[str, Any]
    ) -> Run:
        """Start an execution that ends behind a node."""

    def run_node(self, document: Document, node: str, listener: Listener) -> Run:
        """Start an execution of one node, with the input it had the last time."""

    def pins(self, document: Document) -> Mapping[str, Any]:
        """Return what is pinned, by node."""

    def pin(self, document: Document, node: str, execution_id: str) -> None:
        """Pin what a node gave in an execution."""

    def unpin(self, document: Document, node: str) -> None:
        """Take a pin away."""

    def versions(self, document: Document) -> Sequence[tuple[str, str]]:
        """Return by which names earlier versions can be asked for, and what to call them."""

    def version(self, document: Document, name: str) -> Document:
        """Return an earlier version: kept by the lab, or of git as `REVISION:path`."""


class Workbench:
    """Answers what an editor asks of executions and versions; remembers the last execution for a moment."""

    def __init__(self, bench: Bench, registry: Registry) -> None:
        self.bench = bench
        self._registry = registry
        self._lock = threading.Lock()
        self._known: tuple[str, float, list[ExecutionState]] = ("", 0.0, [])

    def _past(self, workflow: Workflow, node: str) -> ExecutionState | None:
        """Return the newest execution from which something came, or would come, to the node."""
        for state in self._states(workflow.id):
            here = find_here(state, node, workflow)
            if here.cause or any(visit.node == node for visit in state.visits.values()):
                return state
        return None

    def _states(self, workflow_id: str) -> list[ExecutionState]:
        with self._lock:
            id, read_at, states = self._known
            if id != workflow_id or time.monotonic() - read_at > _FRESH_SECONDS:
                states = [fold(read()) for read in self.bench.journals(workflow_id)]
                self._known = (workflow_id, time.monotonic(), states)
            return states

    def forget(self) -> None:
        """Read afresh what is asked for next: an execution has ended."""
        self._known = ("", 0.0, [])

    def names(self, workflow: Workflow, node: str, names: list[Name]) -> list[Name]:
        """Return names with what they held in the last execution, and the functions there are."""
        found = [*names, *functions()]
        state = self._past(workflow, node)
        if state is None:
            return found
        scope = scope_of(state, find_here(state, node, workflow), self.bench.unpack)
        return merged(found, samples_in(scope, ancestors_of(workflow, node)))

    def evaluate(self, workflow: Workflow, node: str, text: str, *, is_template: bool) -> Any:
        """Return what a text gives with the values of the last execution.

        Raises:
            NotFoundError: no execution came so far.
            ExpressionError: it is no expression, or what it names is not there.
        """
        state = self._past(workflow, node)
        if state is None:
            msg = "run it once to see what this gives"
            raise NotFoundError(msg)
        bench, here = self.bench, find_here(state, node, workflow)
        value = evaluate_here(
            text, state, here, unpack=bench.unpack, render=bench.render, is_template=is_template
        )
        return preview(value)

    def versions(self, document: Document) -> list[Message]:
        """Return what a workflow can be compared with."""
        saved = [("saved", "The file as it is saved")] if document.path is not None else []
        found = [*saved, *self.bench.versions(document)]
        return [{"name": name, "title": title} for name, title in found]

    def difference(self, document: Document, name: str) -> Message:
        """Return what is different from an earlier version, as the canvas shows it."""
        old = self._side(document, name)
        drawn = draw(old.workflow, self._registry)
        changes = compare_documents(old, document).changes
        gone = [id for id in old.workflow.nodes if id not in document.workflow.nodes]
        renamed = {change.name for change in changes if change.how == "renamed"}
        return {
            "kind": "difference",
            "against": name,
            "changes": [_told(change) for change in changes],
            "gone": {id: drawn["nodes"][id] for id in gone if id not in renamed},
        }

    def _side(self, document: Document, name: str) -> Document:
        if name == "saved" and document.path is not None:
            return Document.read(document.path)
        return self.bench.version(document, name)


def _told(change: Change) -> Message:
    node = change.name if change.what == "node" else change.name.split(".", 1)[0]
    if change.how == "renamed":
        node = str(change.new)
    return {
        "what": change.what,
        "how": change.how,
        "node": node,
        "path": change.path,
        "text": str(change),
    }
