"""A runner that tells a made-up execution event by event, so that the screen can be watched at leisure."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from flowforge_lab.events import (
    Entry,
    ErrorDetail,
    Event,
    ExecutionFinished,
    ExecutionStarted,
    Token,
    VisitCancelled,
    VisitFailed,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.ids import new_id
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import StepView
from flowforge_lab.spec import Document
from flowforge_lab.values import Frame

_TABLE = pd.DataFrame(
    {
        "carrier": ["UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN", "VX"],
        "flights": [58665, 54635, 54173, 48110, 32729, 26397, 20536, 18460, 12275, 5162],
        "mean_delay": [12.1, 13.02, 19.96, 9.26, 8.59, 10.55, 3.78, 16.73, 17.71, 12.87],
    }
)


class ScriptedRun:
    """One made-up execution. A node whose id starts with `bad` fails; each takes `pace` seconds."""

    def __init__(
        self,
        document: Document,
        inputs: Mapping[str, Any],
        listener: Callable[[Entry], None],
        pace: float,
    ) -> None:
        self.execution_id = new_id()
        self.inputs = dict(inputs)
        self._workflow = document.workflow
        self._tell = listener
        self._pace = pace
        self._seq = 0
        self._stop = threading.Event()
        self._steps: dict[str, StepView] = {}
        threading.Thread(target=self._go, daemon=True).start()

    def cancel(self) -> None:
        self._stop.set()

    def step(self, node: str) -> StepView | None:
        return self._steps.get(node)

    def _say(self, event: Event) -> None:
        self._seq += 1
        self._tell(Entry(self.execution_id, self._seq, new_id(), time.time_ns() // 1000, event))

    def _go(self) -> None:
        begun = time.time_ns() // 1000
        self._say(ExecutionStarted(self._workflow.id, "digest", "manual", inputs=self.inputs))
        status = "succeeded"
        done: set[str] = set()
        ahead = [
            id for id, node in self._workflow.nodes.items() if node.kind.startswith("trigger.")
        ][:1]
        while ahead and status == "succeeded":
            id = ahead.pop(0)
            if id in done:
                continue
            done.add(id)
            status, following = self._visit(id, len(done))
            ahead += following
        error = (
            ErrorDetail("node.failed", "It did not work", "A made-up trouble.", node="bad")
            if status == "failed"
            else None
        )
        took = (time.time_ns() // 1000 - begun) / 1e6
        self._say(
            ExecutionFinished(
                status, self._workflow.id, "digest", "manual", begun, took, error=error
            )
        )

    def _visit(self, id: str, number: int) -> tuple[str, list[str]]:
        node = self._workflow.nodes[id]
        begun = time.time_ns() // 1000
        self._say(VisitStarted(number, id, node.kind))
        self._steps[id] = StepView(
            number, id, node.kind, "running", begun, 0.0, 1, input={"from": "before"}
        )
        if self._stop.wait(self._pace):
            self._say(VisitCancelled(number, id, node.kind, begun, self._pace))
            return "cancelled", []
        took = (time.time_ns() // 1000 - begun) / 1e6
        facts = {
            "config": dict(node.config),
            "input": {
                "started_at": "2026-07-01T08:00:00Z",
                "by": {"name": "Ada", "tags": ["a", "b"]},
            },
        }
        if id.startswith("bad"):
            return self._fail(id, number, begun, took, facts)
        outputs = {
            "rows": Frame.of(_TABLE),
            "seconds": 0.31,
            "carriers": ["UA", "B6"],
            "is_late": True,
        }
        self._steps[id] = StepView(
            number,
            id,
            node.kind,
            "succeeded",
            begun,
            took,
            1,
            output=outputs,
            logs=("first line", "second line"),
            **facts,
        )
        port, targets = next(iter(node.next.items()), ("out", ()))
        form = {"rows": {"$frame": {"digest": "", "row_count": 10, "columns": {}}}}
        self._say(
            VisitSucceeded(
                number,
                id,
                node.kind,
                port,
                form,
                begun,
                took,
                next=tuple(Token(number, port, t.node, t.port) for t in targets),
            )
        )
        return "succeeded", [target.node for target in targets]

    def _fail(
        self, id: str, number: int, begun: int, took: float, facts: dict[str, Any]
    ) -> tuple[str, list[str]]:
        node = self._workflow.nodes[id]
        error = ErrorDetail(
            "http.status",
            "The server answered 503",
            "Service Unavailable\nGET https://example.org/report",
            503,
            id,
            1,
        )
        handled = "port" if node.on_error else ""
        self._steps[id] = StepView(
            number,
            id,
            node.kind,
            "failed",
            begun,
            took,
            1,
            error={
                "type": error.type,
                "title": error.title,
                "detail": error.detail,
                "status": 503,
                "node": id,
                "attempt": 1,
            },
            **facts,
        )
        self._say(
            VisitFailed(
                number,
                id,
                node.kind,
                error,
                begun,
                took,
                handled=handled,
                next=tuple(Token(number, "error", t.node, t.port) for t in node.on_error),
            )
        )
        return ("succeeded" if handled else "failed"), [target.node for target in node.on_error]


class ScriptedRunner:
    """Starts made-up executions."""

    def __init__(self, pace: float = 0.25) -> None:
        self._pace = pace
        self.runs: list[ScriptedRun] = []

    def run(
        self,
        document: Document,
        inputs: Mapping[str, Any],
        listener: Callable[[Entry], None],
        *,
        breakpoints: Mapping[str, str] | None = None,
    ) -> ScriptedRun:
        assert not breakpoints, "what is made up stops nowhere"
        self.runs.append(ScriptedRun(document, inputs, listener, self._pace))
        return self.runs[-1]

    def saved(self, document: Document) -> None:
        """Nothing to keep here."""

    def surroundings(self) -> Surroundings:
        return Surroundings(secrets=frozenset({"api_token", "smtp_password"}))
