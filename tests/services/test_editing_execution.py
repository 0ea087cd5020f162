"""What the canvas shows of an execution, and how values are cut to be looked at."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pytest

from flowforge_lab.errors import ConflictError
from flowforge_lab.events import (
    AttemptFailed,
    Entry,
    ErrorDetail,
    Event,
    ExecutionFinished,
    ExecutionStarted,
    Token,
    VisitFailed,
    VisitParked,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import EditorSession, StepView, answer
from flowforge_lab.services.editing.preview import count_items, preview
from flowforge_lab.services.editing.pulse import Pulse
from flowforge_lab.spec import Document, Workflow
from flowforge_lab.values import Frame, encode

THREE = (
    Workflow(id="w")
    .with_node("a", "flow.end")
    .with_node("b", "flow.end")
    .with_node("c", "flow.end")
)
ERROR = ErrorDetail("http.status", "503 from the server", node="a", attempt=1)


class HandRun:
    """An execution whose events the test tells one by one."""

    execution_id = "0198"

    def __init__(self, listener: Callable[[Entry], None]) -> None:
        self._listener = listener
        self._seq = 0
        self.is_cancelled = False

    def say(self, *events: Event) -> None:
        for event in events:
            self._seq += 1
            self._listener(Entry("0198", self._seq, str(self._seq), self._seq * 1_000_000, event))

    def cancel(self) -> None:
        self.is_cancelled = True

    def go_on(self, *, is_step: bool = False) -> None:
        self.is_step = is_step

    def step(self, node: str) -> StepView | None:
        if node != "a":
            return None
        return StepView(1, "a", "x.y", "succeeded", 0, 1.0, 1, output={"x": 1}, logs=("line",))


class HandRunner:
    def run(
        self,
        document: Document,
        inputs: Mapping[str, Any],
        listener: Callable[[Entry], None],
        *,
        breakpoints: Mapping[str, str] | None = None,
    ) -> HandRun:
        return HandRun(listener)

    def saved(self, document: Document) -> None:
        self.kept = document

    def surroundings(self) -> Surroundings:
        return Surroundings(secrets=frozenset({"token"}))


class Screen:
    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.told.append(message)


@pytest.fixture
def session():
    session = EditorSession(Document.of(THREE), Registry(), runner=HandRunner())
    yield session
    session.close()


def started(node: str) -> VisitStarted:
    return VisitStarted(1, node, "flow.end")


def succeeded(node: str, outputs: Any = None, **facts: Any) -> VisitSucceeded:
    return VisitSucceeded(1, node, "flow.end", "out", outputs, 1_000_000, 0.5, **facts)


def finished(status: str = "succeeded") -> ExecutionFinished:
    return ExecutionFinished(status, "w", "digest", "manual", 1_000_000, 3.0)


BEGUN = ExecutionStarted("w", "digest", "manual")


def test_each_step_is_followed_from_start_to_end(session):
    run = session.run()

    run.say(BEGUN, started("a"))
    assert session.statuses["a"]["state"] == "running"
    run.say(succeeded("a", {"rows": [1, 2, 3]}, next=(Token(1, "out", "b", "in"),)))

    assert session.statuses["a"] | {"port": "out", "items": 3} == session.statuses["a"]
    assert session.statuses["b"]["state"] == "queued"
    run.say(started("b"), VisitParked(1, "b"), finished())
    assert session.statuses["b"]["state"] == "waiting"
    assert session.statuses["c"]["state"] == "skipped"
    assert session.run_status["duration"] == 3.0


def test_a_failing_step_shows_its_attempts_and_its_error(session):
    run = session.run()

    run.say(BEGUN, started("a"), AttemptFailed(1, "a", 1, ERROR, 0, 0.1, 0))
    assert session.statuses["a"]["state"] == "waiting"
    assert session.statuses["a"]["attempt"] == 2
    run.say(VisitFailed(1, "a", "x", ERROR, 0, 0.2, attempts=2, handled="port"), finished())

    assert session.statuses["a"]["error"] == "503 from the server"
    assert session.statuses["a"]["port"] == "error"


def test_a_thousand_events_are_told_in_a_few_messages(session):
    screen = Screen()
    session.join(screen)
    run = session.run()

    run.say(BEGUN)
    for _ in range(500):
        run.say(started("a"), succeeded("a"))
    session._execution.flush()

    told = [message for message in screen.told if message["kind"] == "statuses"]
    assert len(told) < 25
    assert told[-1]["statuses"]["a"]["visits"] == 500


def test_only_one_execution_at_a_time_and_a_cancel_reaches_it(session):
    run = session.run()
    run.say(BEGUN)

    with pytest.raises(ConflictError, match="under way"):
        session.run()
    session.cancel()

    assert run.is_cancelled
    run.say(finished("cancelled"))
    assert session.run() is not run


def test_events_of_an_earlier_execution_are_not_shown(session):
    first = session.run()
    first.say(BEGUN, finished())
    session.run()

    first.say(started("a"))

    assert session.statuses == {}


def test_without_a_lab_nothing_runs_and_the_page_is_told():
    session = EditorSession(Document.of(THREE), Registry())
    screen = Screen()

    answer(session, screen, {"kind": "run", "client": "x"})
    session.close()

    assert "no lab" in screen.told[-1]["text"]


def test_a_step_is_looked_into(session):
    screen = Screen()
    session.run().say(BEGUN)

    answer(session, screen, {"kind": "inspect", "client": "x", "node": "a"})
    assert screen.told[-1]["detail"]["output"] == {"x": 1}
    assert screen.told[-1]["detail"]["log"] == ["line"]
    answer(session, screen, {"kind": "inspect", "client": "x", "node": "b"})

    assert screen.told[-1]["detail"] == {}


def test_secrets_are_offered_by_name(session):
    assert {"path": "secrets.token", "type": "secret", "doc": ""} in session.names("a")


def test_a_big_table_is_cut_to_its_first_rows():
    frame = Frame.of(pd.DataFrame({"x": range(5000), "y": 0.5}))

    table = preview({"rows": frame})["rows"]["$table"]

    assert table["total"] == 5000
    assert len(table["rows"]) == 200
    assert table["columns"] == [{"name": "x", "type": "int64"}, {"name": "y", "type": "float64"}]


def test_long_texts_lists_and_deep_values_say_what_is_missing():
    deep: Any = 1
    for _ in range(30):
        deep = [deep]

    assert preview("x" * 5000)["$cut"]["more"] == 1000
    assert preview(list(range(300)))[-1] == {"$cut": {"more": 100}}
    assert preview([{"a": 1}] * 300)["$table"]["total"] == 300
    assert "$cut" in str(preview(deep))
    assert preview(float("nan")) == "nan"
    assert preview(b"abc").startswith("3 bytes")


def test_items_are_counted_where_there_is_one_list_or_table():
    frame = Frame.of(pd.DataFrame({"x": [1, 2]}))

    assert count_items({"rows": encode(frame), "seconds": 1.0}) == 2
    assert count_items({"a": [1], "b": [2]}) is None
    assert count_items([1, 2, 3]) == 3
    assert count_items("text") is None


def test_a_pulse_acts_once_for_many_wishes():
    acted = threading.Semaphore(0)
    pulse = Pulse(acted.release, 0.02)

    for _ in range(100):
        pulse.ask()

    assert acted.acquire(timeout=2)
    assert not acted.acquire(timeout=0.1)
    pulse.ask()
    assert acted.acquire(timeout=2)


def test_items_are_the_rows_of_the_table_beside_its_lists_and_never_the_log():
    table = {"$frame": {"digest": "", "row_count": 16, "columns": {"carrier": "str"}}}

    assert count_items({"frame": table, "columns": ["carrier"], "rows": [{}] * 3}) == 16
    assert count_items({"result": [1, 2], "logs": ["one"]}) == 2
    assert count_items({"result": 42, "logs": ["one"]}) is None
    assert count_items({"left": table, "right": table}) is None
