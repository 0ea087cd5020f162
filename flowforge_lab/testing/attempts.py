"""An attempt for tests of node types: it takes notes and has real clients."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.clients import Clients
from flowforge_lab.nodes import NO_USERS, Address, Answer, Directory, Ending, Measure
from flowforge_lab.variables import Variables

from .variables import MemoryVariables

_NOW = datetime(2030, 1, 31, 12, 0, tzinfo=UTC)


class LogLine(msgspec.Struct, frozen=True):
    """One line a node logged."""

    message: str
    level: str = "info"
    source: str = "node"


class Called(msgspec.Struct, frozen=True):
    """A workflow that a node started."""

    workflow: str
    inputs: Mapping[str, Any]
    is_awaited: bool = True
    max_depth: int = 16


class TestAttempt(msgspec.Struct):
    """One call of one step, whose log and progress a test can read."""

    __test__ = False  # for pytest, which takes every Test... for a class of tests

    folder: Path
    artifacts: Path
    clients: Clients
    variables: Variables = msgspec.field(default_factory=MemoryVariables)
    input: Any = None
    resumed: Answer | None = None
    execution_id: str = "execution-1"
    workflow_id: str = "workflow-1"
    node: str = "node_1"
    kind: str = "test.node"
    number: int = 1
    number_in_turn: int = 1
    idempotency_key: str = "execution-1/node_1/1"
    now: datetime = _NOW
    lines: list[LogLine] = msgspec.field(default_factory=list)
    steps: list[tuple[float, str]] = msgspec.field(default_factory=list)
    metrics: list[tuple[str, float, dict[str, str], Measure]] = msgspec.field(default_factory=list)
    address: Address = Address("execution-1.token", "/waits/execution-1.token")
    calls: list[Called] = msgspec.field(default_factory=list)
    user: str = ""
    session: str = ""
    chat: str = ""
    users: Directory = NO_USERS
    endings: dict[str, Ending] = msgspec.field(default_factory=dict)
    earlier: Path | None = None

    async def call(
        self,
        workflow: str,
        inputs: Mapping[str, Any],
        *,
        is_awaited: bool = True,
        max_depth: int = 16,
    ) -> str:
        """Note which workflow shall start, and return an id."""
        self.calls.append(Called(workflow, inputs, is_awaited, max_depth))
        return f"child-{len(self.calls)}"

    async def ending_of(self, execution_id: str) -> Ending:
        """Return what the test says became of another execution."""
        return self.endings.get(execution_id, Ending("running"))

    def log(self, message: str, *, level: str = "info", source: str = "node") -> None:
        """Note one line."""
        self.lines.append(LogLine(message, level, source))

    def progress(self, fraction: float, text: str = "") -> None:
        """Note how far the step is."""
        self.steps.append((fraction, text))

    def metric(
        self,
        name: str,
        value: float = 1.0,
        labels: Mapping[str, str] | None = None,
        *,
        measure: Measure = "counter",
    ) -> None:
        """Note a number."""
        self.metrics.append((name, value, dict(labels or {}), measure))


def a_real_attempt(
    folder: Path, value: Any = None, *, clients: Clients | None = None, **facts: Any
) -> TestAttempt:
    """Return an attempt in `folder` that `value` has started; `facts` are further fields of it.

    Whoever gives no `clients` closes `attempt.clients` if the node has used them.
    """
    return TestAttempt(
        folder=folder,
        artifacts=folder / "artifacts",
        clients=clients or Clients(),
        input=value,
        **facts,
    )
