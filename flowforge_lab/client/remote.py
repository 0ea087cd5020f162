"""A lab that a server elsewhere holds, with the calls of a lab."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self  # noqa: TID251  # see below

import msgspec

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import NotFoundError, Problem
from flowforge_lab.events import Entry, ErrorDetail, ExecutionPaused
from flowforge_lab.services import Answered, StepView, WaitView
from flowforge_lab.spec import Document, Workflow
from flowforge_lab.store import ExecutionHead

from .queue import RemoteQueue
from .wire import Wire, entry_of, microseconds, place

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

TOKEN_VARIABLE = "FLOWFORGE_TOKEN"  # noqa: S105  # the name of a variable
_PAGE = 100
_TIMES = ("started_at", "finished_at")
_STEP_COLUMNS = (
    "visit",
    "node",
    "kind",
    "status",
    "started_at",
    "duration",
    "attempts",
    "output",
    "error",
)
_EVENT_COLUMNS = ("execution_id", "seq", "at", "event")


class RemoteLab:
    """A lab over HTTP: its calls have the names, answers and errors of `Lab`. Close it, or use `with`.

    A workflow is named by its id. Values come as JSON says them: times and decimals as text, frames as rows.
    """

    def __init__(self, url: str, token: str = "", *, timeout: float = 30.0) -> None:
        self._wire = Wire(url, token, timeout=timeout)
        self.url = self._wire.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation; may be called twice."""
        self._wire.close()

    # -- running

    def run(
        self,
        workflow: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        on_event: Callable[[Entry], None] | None = None,
        **start: Any,
    ) -> Outcome:
        """Run a workflow there and return what became of it, once it is over or paused.

        `on_event` is called for each journal entry, in this thread. `start` is as for `start`.
        """
        return self.wait(self.start(workflow, inputs, **start), on_event=on_event)

    def start(self, workflow: str, inputs: Mapping[str, Any] | None = None, **start: Any) -> str:
        """Start a workflow there and return the id of its execution.

        `start` are `trigger`, `payload`, `key`, `key_window`, `user`, `session`, `chat`, `priority`, `until`.
        With a `key` that was used before it is the execution that has it.
        """
        begin = {"workflow_id": workflow, "inputs": dict(inputs or {}), **start}
        return str(self._wire.ask("POST", "/api/executions", json=begin)["execution_id"])

    def wait(
        self, execution_id: str, *, on_event: Callable[[Entry], None] | None = None
    ) -> Outcome:
        """Return what became of an execution, once it is over or paused, over broken connections as well."""
        for entry in self.follow(execution_id):
            if on_event is not None:
                on_event(entry)
            if isinstance(entry.event, ExecutionPaused) and self._is_paused(execution_id):
                break
        return self.outcome_of(execution_id)

    def _is_paused(self, execution_id: str) -> bool:
        return self.get(execution_id).status == "paused"

    def follow(self, execution_id: str) -> Iterator[Entry]:
        """Yield the journal of an execution as it is written, from its begin to its end."""
        return self._wire.follow(place("executions", execution_id, "stream"))

    def resume(self, execution_id: str) -> bool:
        """Go on with an execution that was cut off or whose time has come; false if nothing is to do."""
        return bool(self._do(execution_id, "resume")["is_resumed"])

    def cancel(self, execution_id: str, *, reason: str = "") -> None:
        """Stop an execution, wherever it runs."""
        self._do(execution_id, "cancel", {"reason": reason})

    def pause(self, execution_id: str, *, reason: str = "") -> None:
        """Let nothing new start in an execution."""
        self._do(execution_id, "pause", {"reason": reason})

    def unpause(self, execution_id: str) -> None:
        """Let a paused execution go on."""
        self._do(execution_id, "unpause")

    def restart(
        self,
        execution_id: str,
        *,
        from_step: str | int | None = None,
        version: str = "same",
        **changes: Any,
    ) -> str:
        """Start an execution that is over anew, and return the id of the new one."""
        anew = {"from_step": from_step, "version": version, **changes}
        return str(self._do(execution_id, "restart", anew)["execution_id"])

    def _do(self, execution_id: str, what: str, sent: Mapping[str, Any] | None = None) -> Any:
        return self._wire.ask("POST", place("executions", execution_id, what), json=sent)

    # -- looking

    def get(self, execution_id: str) -> ExecutionHead:
        """Return the summary of an execution by its whole id."""
        return _head(self._detail(execution_id))

    def outcome_of(self, execution_id: str) -> Outcome:
        """Return how an execution stands or ended, without waiting for it."""
        told = self._detail(execution_id)
        failure = told["failure"]
        return Outcome(
            told["id"],
            told["status"],
            told["result"],
            None if failure is None else msgspec.convert(failure, ErrorDetail),
            _stamp(told["wake_at"]),
            told["duration"] or 0.0,
            told["handled_errors"],
        )

    def inputs_of(self, execution_id: str) -> dict[str, Any]:
        """Return what an execution was started with."""
        return dict(self._detail(execution_id)["inputs"])

    def _detail(self, execution_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._wire.ask("GET", place("executions", execution_id))
        return found

    def entries(self, execution_id: str) -> list[Entry]:
        """Return the journal of one execution."""
        found: list[Entry] = []
        after: int | None = 0
        while after is not None:
            path = place("executions", execution_id, "events")
            page = self._wire.ask("GET", path, params={"after": after})
            found += map(entry_of, page["items"])
            after = page["next_after"]
        return found

    def steps_of(self, execution_id: str) -> list[StepView]:
        """Return each visit of one execution with its input, output, error and log."""
        rows = self._wire.ask("GET", place("executions", execution_id, "steps"))
        told = [{**row, "started_at": microseconds(row["started_at"])} for row in rows]
        return msgspec.convert(told, list[StepView])

    def heads(
        self, *, status: Sequence[str] = (), workflow_id: str = "", limit: int = 20
    ) -> list[ExecutionHead]:
        """Return the summaries of the newest executions."""
        rows = self._rows({"status": list(status), "workflowId": workflow_id}, limit)
        return [_head(row) for row in rows]

    def executions(
        self,
        *,
        since: datetime | None = None,
        workflow: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> "pd.DataFrame":
        """Return one row per execution, newest first, those under way included."""
        import pandas as pd

        asked = {"since": since and since.isoformat(), "workflowId": workflow, "status": status}
        given = {name: value for name, value in asked.items() if value is not None}
        frame = pd.DataFrame(list(self._rows(given, limit)))
        for name in _TIMES:
            if name in frame:
                frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
        return frame.rename(columns={"id": "execution_id"})

    def _rows(self, asked: Mapping[str, Any], limit: int | None) -> Iterator[dict[str, Any]]:
        left, number = limit, 1
        while left is None or left > 0:
            params = {**asked, "page": number, "size": _PAGE}
            page = self._wire.ask("GET", "/api/executions", params=params)
            yield from page["items"][:left]
            if number >= page["pages"]:
                return
            number += 1
            left = None if left is None else left - _PAGE

    def steps(self, *, execution: str) -> "pd.DataFrame":
        """Return one row per visit of a node of one execution, in order of their start."""
        import pandas as pd

        rows = self._wire.ask("GET", place("executions", execution, "steps"))
        frame = pd.DataFrame(rows, columns=list(_STEP_COLUMNS))
        frame["started_at"] = pd.to_datetime(frame["started_at"], utc=True, format="ISO8601")
        return frame

    def events(self, execution_id: str) -> "pd.DataFrame":
        """Return one row per event of one execution, in order."""
        import pandas as pd

        entries = self.entries(execution_id)
        rows = [
            (one.execution_id, one.seq, one.at, msgspec.to_builtins(one.event)) for one in entries
        ]
        frame = pd.DataFrame(rows, columns=list(_EVENT_COLUMNS))
        frame["at"] = pd.to_datetime(frame["at"], unit="us", utc=True)
        return frame

    # -- workflows

    def workflows(self) -> list[dict[str, Any]]:
        """Return the workflows of the lab: those it keeps, and the files at its root."""
        return list(self._wire.ask("GET", "/api/workflows"))

    def read(self, workflow: str) -> Document:
        """Return the document of a workflow as its file is there now."""
        text = self._wire.ask("GET", place("workflows", workflow))["text"]
        return Document.parse(text, stem=workflow)

    def save(self, source: Document | Workflow) -> list[Problem]:
        """Write a workflow there, new or in place of the one with its id; return what is wrong with it."""
        document = Document.of(source) if isinstance(source, Workflow) else source
        id, sent = document.workflow.id, {"text": document.text}
        try:
            saved = self._wire.ask("PUT", place("workflows", id), json=sent)
        except NotFoundError:
            saved = self._wire.ask("POST", "/api/workflows", json={**sent, "id": id})
        return msgspec.convert(saved["problems"], list[Problem])

    def validate(self, workflow: str) -> list[Problem]:
        """Return everything that is wrong with a workflow, errors first."""
        told = self._wire.ask("POST", place("workflows", workflow, "validate"))
        return msgspec.convert(told["problems"], list[Problem])

    def activate(self, workflow: str) -> str:
        """Let the triggers of a workflow start it, and return its id."""
        return str(self._wire.ask("POST", place("workflows", workflow, "activate"))["id"])

    def deactivate(self, workflow: str) -> str:
        """Stop the triggers of a workflow, and return its id."""
        return str(self._wire.ask("POST", place("workflows", workflow, "deactivate"))["id"])

    @property
    def waits(self) -> "RemoteWaits":
        """What executions wait for, and the answers to it."""
        return RemoteWaits(self._wire)

    @property
    def queue(self) -> RemoteQueue:
        """What is due there: looked at, held, worked on."""
        return RemoteQueue(self._wire, self.outcome_of)


class RemoteWaits:
    """`remote.waits`: what is waited for, and the answers to it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, execution_id: str = "") -> Sequence[WaitView]:
        """Return what is waited for in the whole lab, or by one execution."""
        rows = self._wire.ask("GET", "/api/waits", params={"execution_id": execution_id})
        return [WaitView(**{**row, "until": _stamp(row["until"])}) for row in rows]

    def answer(self, key: str, answer: Any) -> Answered:
        """Answer the wait for a key or a token."""
        told = self._wire.ask("POST", place("waits", key, "answer"), json=answer)
        return msgspec.convert(told, Answered)


def connect(url: str, token: str = "", *, timeout: float = 30.0) -> RemoteLab:
    """Return the lab that the server at `url` holds; the token is else that in `FLOWFORGE_TOKEN`.

    Nothing is asked yet: an address that does not answer shows at the first call.
    """
    return RemoteLab(url, token or os.environ.get(TOKEN_VARIABLE, ""), timeout=timeout)


def _stamp(text: str | None) -> int | None:
    return None if text is None else microseconds(text)


def _head(told: Mapping[str, Any]) -> ExecutionHead:
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
        wake_at=_stamp(told.get("wake_at")),
        finished_at=_stamp(told["finished_at"]),
        error=told["error"] or "",
        epoch=0,
        parent=told["parent"],
        origin=told["origin"],
        priority=told.get("priority", 0),
        slot="",
    )
