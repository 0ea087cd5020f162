"""What an expression costs: `python tests/bench/bench_expressions.py` prints a table."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from flowforge_lab.expressions import Evaluator, compile_value, parse_expression

SCOPE = {
    "input": {"x": 1},
    "inputs": {"month": 7},
    "nodes": {"load": {"rows": [{"id": n, "n": n * 2} for n in range(1_000)], "mean": 12.5}},
}
QUICK = {
    "constant config": {"a": 1, "b": ["x"]},
    "one path": "{{ nodes.load.mean }}",
    "two paths": {"a": "{{ nodes.load.rows[0].id }}", "b": "{{ inputs.month }}"},
    "condition": "{{ nodes.load.mean > 10 and inputs.month in [6, 7, 8] }}",
    "text with two paths": "month {{ inputs.month }}, mean {{ nodes.load.mean }}",
}
SLOW = {
    "sandbox: max(1, 2)": "{{ max(1, input.x) }}",
    "sandbox: five expressions": ["{{ max(1, input.x) }}"] * 5,
    "sandbox: 1,000 rows": "{{ sum(row.n for row in nodes.load.rows) }}",
}


def per_call(call: Callable[[], object], rounds: int = 20_000) -> float:
    """Return microseconds of the best of five rounds."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(rounds // 5):
            call()
        best = min(best, (time.perf_counter() - start) / (rounds // 5))
    return best * 1e6


async def measure_sandbox(evaluator: Evaluator, value: object) -> float:
    compiled = compile_value(value)
    await evaluator.render(compiled, SCOPE)
    best = float("inf")
    for _ in range(100):
        start = time.perf_counter()
        await evaluator.render(compiled, SCOPE)
        best = min(best, time.perf_counter() - start)
    return best * 1e6


def parse_fresh() -> None:
    parse_expression.cache_clear()
    parse_expression("nodes.load.mean > 10 and inputs.month in [6, 7, 8]")


async def main() -> None:
    evaluator = Evaluator()
    rows = [
        (name, per_call(partial(evaluator.try_render, compile_value(value), SCOPE)))
        for name, value in QUICK.items()
    ]
    rows.append(("parse a condition", per_call(parse_fresh, 1_000)))
    rows += [(name, await measure_sandbox(evaluator, value)) for name, value in SLOW.items()]
    await evaluator.close()
    for name, micros in rows:
        print(f"{name:<28}{micros:>10.2f} us")  # a bench prints its table


if __name__ == "__main__":
    asyncio.run(main())
