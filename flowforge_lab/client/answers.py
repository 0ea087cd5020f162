"""What endpoints answer, as the values that a lab returns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import RemoteError
from flowforge_lab.events import ErrorDetail
from flowforge_lab.services import Snapshot, StepView
from flowforge_lab.spec import Document, Workflow
from flowforge_lab.store import ExecutionHead

from .wire import microseconds

T = TypeVar("T")


def stamp(text: str | None) -> int | None:
    """Return a time as microseconds since 1970; none where there is none."""
    return None if text is None else microseconds(text)


def value_of(told: Any, kind: type[T], *times: str) -> T:
    """Return JSON as a value of a kind; the fields `times` are microseconds in it and text in JSON."""
    if times:
        told = {**told, **{name: stamp(told[name]) for name in times}}
    return msgspec.convert(told, kind, strict=False, str_keys=True)


def values_of(told: Any, kind: type[T], *times: str) -> list[T]:
    """Return a list of JSON values as those of a kind."""
    return [value_of(one, kind, *times) for one in told]


def head_of(told: Mapping[str, Any]) -> ExecutionHead:
    """Return the summary of an execution."""
    return ExecutionHead(
        id=told["id"],
        workflow_id=told["workflow_id"],
        digest=told["version"],
        trigger=told["trigger"],
        created_at=microseconds(told["started_at"]),
        key=told.get("key", ""),
        user=told["user"],
        session=told["session"],
        chat=told["chat"],
        status=told["status"],
        wake_at=stamp(told.get("wake_at")),
        finished_at=stamp(told["finished_at"]),
        error=told["error"] or "",
        epoch=0,
        parent=told["parent"],
        origin=told["origin"],
        priority=told.get("priority", 0),
        slot="",
    )


def outcome_of(told: Mapping[str, Any]) -> Outcome:
    """Return how an execution stands or ended."""
    failure = told["failure"]
    return Outcome(
        told["id"],
        told["status"],
        told["result"],
        None if failure is None else msgspec.convert(failure, ErrorDetail),
        stamp(told["wake_at"]),
        told["duration"] or 0.0,
        told["handled_errors"],
    )


def steps_of(rows: Any) -> list[StepView]:
    """Return the visits of an execution."""
    return values_of(rows, StepView, "started_at")


def snapshot_of(told: Mapping[str, Any]) -> Snapshot:
    """Return a moment of an execution."""
    steps = [{**row, "started_at": microseconds(row["started_at"])} for row in told["steps"]]
    return value_of({**told, "steps": steps}, Snapshot)


def id_of(source: object) -> str:
    """Return the id by which a workflow is named there.

    Raises:
        RemoteError: it is a document: a server runs what it has.
    """
    if isinstance(source, str):
        return source
    if isinstance(source, Document | Workflow):
        id = (source.workflow if isinstance(source, Document) else source).id
        msg = (
            f"a server runs what it has: `save` the workflow there, then name it by its id, {id!r}"
        )
        raise RemoteError(msg)
    msg = f"expected the id of a workflow there, found {source!r:.100}"
    raise RemoteError(msg)


def document_of(source: Document | Workflow) -> Document:
    """Return a workflow as a document."""
    return Document.of(source) if isinstance(source, Workflow) else source


def document_from(id: str, told: Mapping[str, Any]) -> Document:
    """Return the document of a workflow that an endpoint tells."""
    return replace(Document.parse(told["text"], stem=id), stamp=told["stamp"])
