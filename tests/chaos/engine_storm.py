"""A host that starts executions and goes on with those of others: `python -m tests.chaos.engine_storm FOLDER LOG`."""

import asyncio
import contextlib
import sys
from pathlib import Path

from flowforge_lab.engine import Start
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.lab.parts import Parts
from flowforge_lab.settings import Settings

ALIVE = 24
SETTINGS = Settings(
    lease_seconds=2, poll_seconds=0.1, owner_linger_seconds=20, private_addresses_allowed=True
)


async def host(folder: Path, log: Path) -> None:
    with log.open("a", buffering=1) as said:
        async with Parts(folder, SETTINGS) as parts, asyncio.TaskGroup() as tasks:
            tasks.create_task(parts.host.run())
            for _ in range(ALIVE):
                tasks.create_task(start_forever(parts, folder / "storm.flow.yaml", said))


async def start_forever(parts: Parts, workflow: Path, said) -> None:
    while True:
        with contextlib.suppress(FlowForgeError):
            execution_id = await parts.executions.start(workflow, Start())
            said.write(f"{execution_id}\n")
            await parts.executions.wait(execution_id)


if __name__ == "__main__":
    asyncio.run(host(Path(sys.argv[1]), Path(sys.argv[2])))
