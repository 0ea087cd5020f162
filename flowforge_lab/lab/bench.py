"""The lab behind an editor's trials: values of earlier executions, parts of a run, pins, versions."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import Entry
from flowforge_lab.expressions import Compiled
from flowforge_lab.services import Given, Listener, moment, read_written
from flowforge_lab.spec import Document

from .lab import Lab
from .runner import LabRun

_RECENT = 5
_VERSIONS = 20


class LabBench:
    """Implements `services.Bench` for one lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._parts = lab.parts

    def journals(self, workflow_id: str) -> Sequence[Callable[[], Sequence[Entry]]]:
        """Return what reads the journals of the newest executions of a workflow."""
        heads = self._lab.heads(workflow_id=workflow_id, limit=_RECENT)
        return [partial(self._lab.entries, head.id) for head in heads]

    def unpack(self, form: Any) -> Any:
        """Return the value of a journal form."""
        return self._parts.engine.payloads.unpack(form)

    def render(self, compiled: Compiled, scope: Mapping[str, Any]) -> Any:
        """Return what an expression gives."""
        return self._lab.loop.run_sync(self._parts.evaluator.render(compiled, scope))

    def run_until(
        self, document: Document, node: str, listener: Listener, *, inputs: Mapping[str, Any]
    ) -> LabRun:
        """Start an execution that ends behind a node; pins stand for their nodes."""
        id = self._lab.start(document, inputs, on_event=listener, with_pins=True, until=node)
        return LabRun(self._lab, id)

    def run_node(self, document: Document, node: str, listener: Listener) -> LabRun:
        """Start an execution of one node, with the input it had the last time."""
        start = self._parts.operations.single.start(document, node, Given())
        return LabRun(self._lab, self._lab.loop.run_sync(self._told(start, listener)))

    async def _told(self, start: Coroutine[Any, Any, str], listener: Listener) -> str:
        """Start, and tell the listener from the first event on, which comes before the id is known."""
        early: list[Entry] = []
        stop = self._parts.feed.subscribe(early.append)
        try:
            execution_id = await start
        finally:
            stop()
        for entry in early:
            if entry.execution_id == execution_id:
                listener(entry)
        self._parts.feed.subscribe(listener, execution_id=execution_id)
        return execution_id

    def pins(self, document: Document) -> Mapping[str, Any]:
        """Return what is pinned, by node."""
        return {pin.node: pin.outputs for pin in self._lab.pins(document).all()}

    def pin(self, document: Document, node: str, execution_id: str) -> None:
        """Pin what a node gave in an execution, the newest one where none is named."""
        if not execution_id:
            execution_id = self._newest(document)
        self._lab.pins(document).take(node, execution_id)

    def _newest(self, document: Document) -> str:
        heads = self._lab.heads(workflow_id=document.workflow.id, limit=1)
        if not heads:
            msg = "run it once; then what a node gave can be pinned"
            raise NotFoundError(msg)
        return heads[0].id

    def unpin(self, document: Document, node: str) -> None:
        """Take a pin away."""
        self._lab.pins(document).clear(node)

    def versions(self, document: Document) -> Sequence[tuple[str, str]]:
        """Return the kept versions, the newest first, and the last commit where there is one."""
        try:
            kept = self._lab.versions.all(document.workflow.id)[:_VERSIONS]
        except NotFoundError:
            kept = []
        found = [
            (one.digest, _title(one.kept_at, one.labels, is_active=one.is_active)) for one in kept
        ]
        return [*self._commit(document), *found]

    def _commit(self, document: Document) -> list[tuple[str, str]]:
        if document.path is None:
            return []
        name = f"HEAD:./{document.path.name}"
        try:
            self.version(document, name)
        except NotFoundError:
            return []
        return [(name, "The last commit in git")]

    def version(self, document: Document, name: str) -> Document:
        """Return an earlier version."""
        folder = self._lab.root if document.path is None else Path(document.path).parent
        written = read_written(name, folder) if ":" in name else None
        return written or self._lab.versions.get(document.workflow.id, name)


def _title(kept_at: int, labels: Sequence[str], *, is_active: bool) -> str:
    words = [f"{moment(kept_at):%Y-%m-%d %H:%M}", *labels, *(["active"] if is_active else [])]
    return " · ".join(words)
