import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from flowforge_lab.expressions import Evaluator, compile_value

SCOPE = {
    "input": {"x": 1},
    "inputs": {"month": 7, "name": "Ann"},
    "trigger": {"at": datetime(2026, 3, 29, 8, 30, tzinfo=UTC)},
    "nodes": {
        "load": {
            "rows": [{"id": 1, "city": "Oslo"}, {"id": 2, "city": None}],
            "count": 2,
            "mean": 3.5,
            "user": None,
        }
    },
    "vars": {"user": {"points": 12}},
    "now": datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
}


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def evaluator(runner: asyncio.Runner) -> Iterator[Evaluator]:
    evaluator = Evaluator()
    yield evaluator
    runner.run(evaluator.close())


@pytest.fixture(scope="session")
def render(runner: asyncio.Runner, evaluator: Evaluator) -> Callable[..., Any]:
    """Render a value as the engine does when the quick way does not answer."""

    def render(value: Any, scope: Any = SCOPE) -> Any:
        return runner.run(evaluator.render(compile_value(value), scope))

    return render
