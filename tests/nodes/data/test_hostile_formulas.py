"""Formulas meant to take forever: they hold up their own worker, and end with their step."""

import asyncio
import time

import pytest

from flowforge_lab.nodes import Registry


@pytest.mark.slow
@pytest.mark.parametrize(
    "method", ["contains('(?=a)(a+)+$', regex=True)", "replace('(?=a)(a+)+$', '', regex=True)"]
)
def test_a_hostile_pattern_holds_up_its_own_worker_only(run, attempt, method):
    node = Registry().get("data.frame")
    formula = {"op": "assign", "columns": {"b": f"a.str.{method}"}}
    config = node.config.model_validate(
        {"frame": [{"a": "a" * 5_000 + "!"}], "operations": [formula]}
    )

    async def beside():
        attacked = asyncio.ensure_future(node.run(config, node.inputs(), attempt))
        pauses = [await _pause() for _ in range(200)]
        attacked.cancel()
        await asyncio.wait([attacked], timeout=5)
        return max(pauses), attacked.cancelled()

    longest, is_ended = run(beside())
    assert longest < 0.5
    assert is_ended


async def _pause():
    before = time.perf_counter()
    await asyncio.sleep(0.01)
    return time.perf_counter() - before
