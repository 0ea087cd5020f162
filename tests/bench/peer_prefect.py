"""Run by path, in an environment of its own: the same three steps with Prefect on SQLite. Prints JSON."""

import asyncio
import json
import statistics
import sys
import time

from prefect import flow, task
from prefect.testing.utilities import prefect_test_harness


@task
async def give(value: int) -> int:
    return value


@flow
async def three_steps() -> int:
    value = await give(1)
    value = await give(value)
    return await give(value)


async def main(rounds: int, at_once: int) -> None:
    await three_steps()
    lengths = []
    for _ in range(rounds):
        start = time.perf_counter()
        await three_steps()
        lengths.append(time.perf_counter() - start)
    start = time.perf_counter()
    await asyncio.gather(*(three_steps() for _ in range(at_once)))
    rate = at_once / (time.perf_counter() - start)
    print(json.dumps({"median": statistics.median(lengths), "rate": rate}))


if __name__ == "__main__":
    with prefect_test_harness(server_startup_timeout=90):
        asyncio.run(main(int(sys.argv[2]), int(sys.argv[3])))
