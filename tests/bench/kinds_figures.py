"""What nodes cost: `action.transform` beside pandas, and each kind beside the call it makes.

`python -m tests.bench.kinds_figures` prints the table. The transform figures are of the same job, records in and
records out; the overhead of a kind is its own function, in time of its thread, over services that answer at once.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from flowforge_lab.clients import (
    Clients,
    HttpRequest,
    HttpResponse,
    MailSent,
    Outcome,
    apply_steps,
)
from flowforge_lab.nodes import NoInputs, Registry
from flowforge_lab.testing import a_real_attempt

from .figures import Figure, best, table

ROWS = 100_000
MAX_TIMES_PANDAS = 3.0
MAX_OVERHEAD_US = 100.0
_ROUNDS = 1000


def records() -> list[dict[str, object]]:
    random.seed(1)
    return [
        {
            "id": number,
            "who": f"u{number % 1000}",
            "total": random.random() * 100,
            "quantity": number % 7,
            "status": random.choice(["new", "open", "done"]),
        }
        for number in range(ROWS)
    ]


def transform_figures() -> list[Figure]:
    """Return how many times pandas' time each operation takes."""
    import pandas as pd

    rows = records()
    people = [{"who": f"u{number}", "city": f"c{number % 50}"} for number in range(1000)]
    cities = pd.DataFrame(people)
    no = {"conditions": [], "match": "all", "where": "", "parameters": {}}
    over = [{"field": "total", "is": "greater", "value": 50}]
    totals = [{"name": "sum", "field": "total", "function": "sum"}]
    jobs = {
        "filter": ({**no, "op": "filter", "conditions": over}, lambda f: f[f.total > 50]),
        "filter by formula": (
            {**no, "op": "filter", "where": "total > 50 and status == 'open'"},
            lambda f: f[(f.total > 50) & (f.status == "open")],
        ),
        "map": (
            {"op": "map", "fields": {"sum": "total * quantity"}, "keep": True, "parameters": {}},
            lambda f: f.assign(sum=f.total * f.quantity),
        ),
        "aggregate": (
            {"op": "aggregate", "by": ["who"], "aggregates": totals},
            lambda f: f.groupby("who").agg(sum=("total", "sum")).reset_index(),
        ),
        "sort": (
            {"op": "sort", "by": [{"field": "total", "descending": False}]},
            lambda f: f.sort_values("total"),
        ),
        "deduplicate": (
            {"op": "deduplicate", "by": ["who", "status"], "keep": "first"},
            lambda f: f.drop_duplicates(["who", "status"]),
        ),
        "pick": ({"op": "pick", "fields": ["id", "total"]}, lambda f: f[["id", "total"]]),
        "rename": (
            {"op": "rename", "fields": {"quantity": "n"}},
            lambda f: f.rename(columns={"quantity": "n"}),
        ),
        "split": (
            {
                "op": "split",
                "field": "who",
                "into": "fields",
                "separator": "u",
                "trim": True,
                "names": ["a", "b"],
            },
            lambda f: f.assign(**f.who.str.split("u", expand=True).set_axis(["a", "b"], axis=1)),
        ),
        "merge": (
            {
                "op": "merge",
                "other": people,
                "on": ["who"],
                "other_on": [],
                "how": "left",
                "suffix": "_o",
            },
            lambda f: f.merge(cities, on="who", how="left"),
        ),
    }
    found = []
    for name, (step, by_pandas) in jobs.items():
        ours = best(lambda step=step: apply_steps(rows, [step]), 5)
        theirs = best(lambda do=by_pandas: do(pd.DataFrame(rows)).to_dict("records"), 3)
        told = f"transform {name}, {ROWS:,} records ({ours * 1e3:.0f} ms)"
        found.append(Figure(told, ours / theirs, "x", at_most=MAX_TIMES_PANDAS))
    return found


class Instant:
    """Answers at once in the place of a service, so that what is left is the node's own."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        return _ANSWER

    async def run_statements(self, *_: object, **__: object) -> list[Outcome]:
        return [Outcome(1, ("id",), [{"id": 1}])]

    async def send_mail(self, *_: object) -> MailSent:
        return MailSent("1", ("c@d.example",))


_ANSWER = HttpResponse(
    status=200,
    reason="OK",
    headers={"content-type": "application/json"},
    url="http://x.example/a",
    content=b"{}",
    elapsed=0.1,
)
_KINDS = {
    "action.http_request": {"url": "http://x.example/a"},
    "action.send_email": {
        "connection": "post",
        "to": ["c@d.example"],
        "sender": "a@b.example",
        "text": "y",
    },
    "action.database_query": {"connection": "lake", "steps": [{"op": "select", "table": "t"}]},
    "action.transform": {"source": [{"n": 1}] * 10, "steps": [{"op": "limit", "count": 5}]},
    "action.send_notification": {"title": "x", "channels": [{"type": "log"}]},
    "integration.webhook": {"url": "http://x.example/a", "event": "x"},
    "integration.analytics": {"service": "posthog", "event": "x", "user": "y"},
}


async def overhead_figures(folder: Path) -> list[Figure]:
    """Return what each kind costs by itself, in microseconds: the median with services that answer at once."""
    clients = Clients(folder=folder)
    attempt = a_real_attempt(folder, clients=clients)
    instant: Any = Instant()
    clients.http, clients.connections = instant, instant
    return [await _overhead(kind, config, attempt) for kind, config in _KINDS.items()]


async def _overhead(kind: str, config: dict[str, object], attempt: Any) -> Figure:
    node = Registry().get(kind)
    fields = node.config.model_validate(config)
    taken = []
    for _ in range(_ROUNDS):
        start = time.thread_time()
        await node.run(fields, NoInputs(), attempt)
        taken.append(time.thread_time() - start)
    return Figure(
        f"{kind}, its own part", statistics.median(taken) * 1e6, "us", at_most=MAX_OVERHEAD_US
    )


def measure(folder: Path) -> list[Figure]:
    return [*transform_figures(), *asyncio.run(overhead_figures(folder))]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(table(measure(Path(name))) + "\n")
