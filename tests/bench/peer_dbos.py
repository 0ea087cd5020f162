"""Run by path, in a process of its own: the same three steps with DBOS on SQLite. Prints JSON."""

import asyncio
import json
import logging
import statistics
import sys
import time

from dbos import DBOS

DBOS(config={"name": "peer", "system_database_url": f"sqlite:///{sys.argv[1]}/dbos.sqlite"})


@DBOS.step()
async def one() -> int:
    return 1


@DBOS.step()
async def two(value: int) -> int:
    return value


@DBOS.workflow()
async def three_steps() -> int:
    value = await one()
    value = await two(value)
    return await two(value)


async def main(rounds: int, at_once: int) -> None:
    for _ in range(5):
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
    logging.disable(logging.WARNING)
    DBOS.launch()
    asyncio.run(main(int(sys.argv[2]), int(sys.argv[3])))
    DBOS.destroy()
