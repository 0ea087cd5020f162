"""The eyes, the runner and the bench of a lab as one visitor may use them: asked at each call, not once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Lab, LabBench, LabEyes, LabRunner
from flowforge_lab.plan import Surroundings
from flowforge_lab.spec import Document
from flowforge_lab.store import ExecutionHead

from .visitor import Rights

_WHOLE_ID = 36


class GuardedEyes(LabEyes):
    """Looks at executions of workflows that its reader may see, and at no others; an id must be whole.

    Which executions have a certain beginning would be told by the start of an id.
    """

    def __init__(self, lab: Lab, rights: Rights) -> None:
        super().__init__(lab.parts, lab.loop, by=rights.visitor.name)
        self._rights = rights

    def head(self, execution_id: str) -> ExecutionHead:
        """Return the summary of an execution.

        Raises:
            NotFoundError: there is none that may be seen.
        """
        unknown = NotFoundError(f"there is no execution {execution_id[:_WHOLE_ID]!r}")
        if len(execution_id) != _WHOLE_ID:
            raise unknown
        found = super().head(execution_id)
        if not self._sees(found):
            raise unknown
        return found

    def _sees(self, head: ExecutionHead) -> bool:
        return self._rights.may("GET", "/api/executions", head.workflow_id)

    def kin(self, execution_id: str) -> Sequence[ExecutionHead]:
        """Return those that it started or that repeat it, as far as they may be seen."""
        return [head for head in super().kin(execution_id) if self._sees(head)]

    def ways(self, execution_id: str) -> Sequence[Mapping[str, Any]]:
        """Return how an execution can go on, if it may be seen; whether that may be done is asked when it is."""
        return super().ways(self.head(execution_id).id)

    def steer(self, execution_id: str, deed: str, **given: Any) -> str:
        """Do something to an execution, where the request that does the same would be let through.

        Raises:
            AccessError: it would not.
        """
        head = self.head(execution_id)
        self._rights.refuse("POST", f"/api/executions/{head.id}/{deed}", head.workflow_id)
        return super().steer(execution_id, deed, **given)


def surroundings_for(rights: Rights, known: Surroundings) -> Surroundings:
    """Return what a workflow may name, without the names that its reader may not list."""
    if not rights.may("GET", "/api/secrets"):
        known = replace(known, secrets=None, credentials={})
    if not rights.may("GET", "/api/connections"):
        known = replace(known, connections=None)
    if rights.visitor.workflows is not None:
        known = replace(known, workflows=None)
    return known


class GuardedRunner(LabRunner):
    """Runs a workflow for whoever may start it, and tells no name of what they may not list."""

    def __init__(self, lab: Lab, rights: Rights) -> None:
        super().__init__(lab, by=rights.visitor.name)
        self._rights = rights

    def surroundings(self) -> Surroundings:
        """Return which connections and secrets a workflow may name, as far as its reader may know."""
        return surroundings_for(self._rights, super().surroundings())


class GuardedBench(LabBench):
    """Compares a workflow with its own versions only: another name could lead to any file in git."""

    def version(self, document: Document, name: str) -> Document:
        """Return an earlier version of this very workflow."""
        own = f"./{document.path.name}" if document.path is not None else ""
        revision, colon, path = name.partition(":")
        if colon and (not revision or path != own):
            msg = "here a workflow is compared with its own versions only"
            raise NotFoundError(msg)
        return super().version(document, name)


_EDITOR_ASKS: Mapping[str, tuple[str, str]] = {
    "ops": ("PUT", "/api/workflows/{id}"),
    "save": ("PUT", "/api/workflows/{id}"),
    "pin": ("PUT", "/api/workflows/{id}/pins"),
    "run": ("POST", "/api/executions"),
    "run_part": ("POST", "/api/workflows/{id}/nodes"),
    "cancel": ("POST", "/api/executions/any/cancel"),
    "steer": ("POST", "/api/executions/any/continue"),
    "evaluate": ("GET", "/api/executions"),
    "inspect": ("GET", "/api/executions"),
}
"""The request that would do what a page of the editor asks for; all else is looking at the workflow."""


def may_ask(rights: Rights, workflow_id: str, kind: str) -> None:
    """Do nothing where somebody may have the editor of a workflow do this.

    Raises:
        AccessError: they may not.
    """
    method, path = _EDITOR_ASKS.get(kind, ("GET", "/api/workflows/{id}"))
    rights.refuse(method, path.format(id=workflow_id), workflow_id)


def may_edit(rights: Rights, workflow_id: str) -> bool:
    """Whether somebody may change a workflow."""
    return rights.may("PUT", f"/api/workflows/{workflow_id}", workflow_id)
