"""What nodes cost: `action.transform` beside pandas, and each kind beside the call it makes.

`python -m tests.bench.kinds_figures` prints the table. The transform figures are of the same job, records in and
records out; the overhead of a kind is its own function, with real clients, less the library's call.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from flowforge_lab.clients import Clients, HttpRequest, MailMessage, RawBody, Select, apply_steps
from flowforge_lab.nodes import NoInputs, Registry
from flowforge_lab.testing import LocalServer, Reply, a_real_attempt

from .figures import Figure, best, table

ROWS = 100_000
MAX_TIMES_PANDAS = 3.0
MAX_OVERHEAD_US = 100.0
_ROUNDS = 200


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


async def overhead_figures(folder: Path) -> list[Figure]:
    """Return what each kind adds to the call it makes, in microseconds: the medians' difference."""
    import duckdb

    with duckdb.connect(folder / "lake.duckdb") as lake:
        lake.execute("CREATE TABLE t AS SELECT 1 AS id")
    async with LocalServer() as server:
        server.tell("/a", Reply(body=b"{}", headers={"Content-Type": "application/json"}))
        post = {
            "kind": "resend",
            "api_key": "k",
            "from": "a@b.example",
            "base_url": server.url(""),
        }
        told = {
            "lake": {"kind": "duckdb", "path": "lake.duckdb"},
            "post": {**post, "allow_private": True},
        }
        clients = Clients(connections=told, folder=folder)
        attempt = a_real_attempt(folder, clients=clients)
        here = server.url("/a")
        ask = HttpRequest(url=here, allow_private=True)
        hook = HttpRequest(
            url=here,
            method="POST",
            body=RawBody(b"x" * 90, "application/json"),
            headers={"webhook-id": "msg_" + "x" * 32, "webhook-timestamp": "1614265330"},
            allow_private=True,
        )
        server.tell("/emails", Reply(body=b'{"id": "1"}'))
        mail = MailMessage(
            sender="a@b.example",
            to=["c@d.example"],
            subject="x",
            text="y",
            key="k",
            at=attempt.now,
        )
        select = {"op": "select", "table": "t"}
        rows = [{"n": number} for number in range(10)]
        pairs = {
            "action.http_request": (
                {"url": here, "allow_private": True},
                lambda: clients.http.send(ask),
            ),
            "integration.webhook": (
                {"url": here, "allow_private": True, "event": "x"},
                lambda: clients.http.send(hook),
            ),
            "action.send_email": (
                {"connection": "post", "to": ["c@d.example"], "subject": "x", "text": "y"},
                lambda: clients.connections.send_mail("post", mail),
            ),
            "action.database_query": (
                {"connection": "lake", "steps": [select]},
                lambda: clients.connections.run_statements(
                    "lake", [Select(table="t")], is_read_only=True
                ),
            ),
            "action.transform": (
                {"source": rows, "steps": [{"op": "limit", "count": 5}]},
                lambda: _now(lambda: apply_steps(rows, [{"op": "limit", "count": 5, "skip": 0}])),
            ),
            "action.send_notification": (
                {"title": "x", "channels": [{"type": "log"}]},
                lambda: _now(lambda: attempt.log("x")),
            ),
        }
        found = [
            await _overhead(kind, config, call, attempt) for kind, (config, call) in pairs.items()
        ]
        await clients.close()
    return found


async def _now(work: Callable[[], object]) -> object:
    return work()


async def _overhead(
    kind: str, config: dict[str, object], call: Callable[[], Awaitable[object]], attempt: object
) -> Figure:
    node = Registry().get(kind)
    fields = node.config.model_validate(config)

    async def run() -> object:
        return await node.run(fields, NoInputs(), attempt)

    await run()
    await call()
    own, theirs = [], []
    for _ in range(_ROUNDS):  # in turns, so that both see the same machine
        own.append(await _taken(run))
        theirs.append(await _taken(call))
    over = statistics.median(own) - statistics.median(theirs)
    told = f"{kind} over its call ({statistics.median(theirs) * 1e6:.0f} us)"
    return Figure(told, over * 1e6, "us", at_most=MAX_OVERHEAD_US)


async def _taken(work: Callable[[], Awaitable[object]]) -> float:
    start = time.thread_time()  # of the loop's thread: what others do meanwhile is not the node's
    await work()
    return time.thread_time() - start


def measure(folder: Path) -> list[Figure]:
    return [*transform_figures(), *asyncio.run(overhead_figures(folder))]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(table(measure(Path(name))) + "\n")
