"""The journal in PostgreSQL beside the owner process, in one run: `python -m tests.bench.shared_figures`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from flowforge_lab.lab import Parts, set_up_lab_database
from flowforge_lab.plan import Plan, compile_workflow
from flowforge_lab.settings import Settings
from flowforge_lab.testing import PostgresServer

from .documents import THREE_STEPS, chain, parse
from .engine_figures import APPENDS, MANY, latencies, leased, throughput, write
from .figures import Figure, median, table, timed

ROUNDS = 5


async def measure(folder: Path, url: str) -> list[Figure]:
    """Return the figures of both keepers, taken in turns, and their ratios."""
    for name in ("owner", "shared"):
        (folder / name).mkdir()
    shared = Settings(database_url=url)
    set_up_lab_database(shared)
    async with (
        Parts(folder / "owner", Settings(owner_linger_seconds=0.2)) as one,
        Parts(folder / "shared", shared) as other,
    ):
        plan = compile_workflow(parse(THREE_STEPS), one.registry)
        long = compile_workflow(chain(20, durability="step"), one.registry)
        owner, postgres = Rates(one), Rates(other)
        for _ in range(ROUNDS):
            for rates in (owner, postgres):
                await rates.take(plan, long)
        return [*compare(owner.figures(), postgres.figures())]


class Rates:
    """What one lab does in a second, round by round."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.found: dict[str, list[float]] = {}
        self._turn = 0

    async def take(self, plan: Plan, long: Plan) -> None:
        writers = [(await leased(self.parts))[0] for _ in range(MANY)]
        spent = await timed(
            lambda: asyncio.gather(*(write(self.parts, one, 0) for one in writers))
        )
        appended, ran = await latencies(self.parts, plan)
        steps = len(long.steps) - len(long.triggers)
        for name, value in (
            ("durable appends/s, 256 writers", MANY * APPENDS / spent),
            ("executions/s, three steps, 200 at once", await throughput(self.parts, plan)),
            (
                "durable steps/s, 256 of 20 at once",
                steps * await throughput(self.parts, long, MANY),
            ),
            ("one durable append, ms", appended * 1e3),
            ("three steps alone, ms", ran * 1e3),
        ):
            self.found.setdefault(name, []).append(value)

    def figures(self) -> dict[str, float]:
        return {name: median(values) for name, values in self.found.items()}


def compare(owner: dict[str, float], postgres: dict[str, float]) -> list[Figure]:
    """Return each figure of both, and how PostgreSQL's stands to the owner's."""
    rows = []
    for name, value in owner.items():
        rows += [
            Figure(f"{name}: owner", value, ""),
            Figure(f"{name}: PostgreSQL", postgres[name], ""),
        ]
        rows.append(Figure(f"{name}: PostgreSQL / owner", postgres[name] / value, "x"))
    return rows


def main() -> None:
    """Start a PostgreSQL, measure, print."""
    server = PostgresServer(is_durable=True)
    try:
        with tempfile.TemporaryDirectory() as name:
            found = asyncio.run(measure(Path(name), server.new_database()))
    finally:
        server.close()
    sys.stdout.write(table(found) + "\n")


if __name__ == "__main__":
    main()
