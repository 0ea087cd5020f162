"""Two notebooks, a command line and a server use one lab at the same time."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import BOTH
from .rows import tell_one

SCRIPT = """
import asyncio, sys, time
from pathlib import Path
from flowforge_lab.clock import SystemClock
from flowforge_lab.store import HousekeepingPlan, Target, open_store
from tests.store.rows import tell_one

role, folder, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
target = Target(*sys.argv[4:]) if sys.argv[4:] else None
store = open_store(folder, clock=SystemClock(), target=target)

async def work():
    end, count = time.monotonic() + seconds, 0
    async with asyncio.TaskGroup() as tasks:
        if role == "server":
            plan = HousekeepingPlan(every=0.2, seal_rows=200, publish_every=0.5)
            keeping = tasks.create_task(store.keep_house(plan))
        while time.monotonic() < end:
            await tell_one(store, role)
            count += 1
            if role == "notebook" and count % 50 == 0:
                sql = "select count(*) as n from executions where workflow_id = 'notebook'"
                found = store.history.rows(sql)
                assert found[0]["n"] >= count, (found, count)
            if role == "command":
                assert len(await store.journal.list_heads(workflow_id=role)) == min(count, 100)
        if role == "server":
            keeping.cancel()
    print(count)

asyncio.run(work())
store.close()
"""


def spawn(role: str, folder: Path, *place: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, role, str(folder), "4.0", *place]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.timeout(90)
@pytest.mark.parametrize("keeper", BOTH)
def test_two_notebooks_a_command_and_a_server_share_one_lab(open_lab, folder, keeper, request):
    store = open_lab()
    target = request.getfixturevalue("target") if keeper == "postgres" else None
    place = (target.url, target.schema) if target else ()
    roles = ("notebook", "notebook", "command", "server")
    processes = [spawn(role, folder, *place) for role in roles]
    told = []
    for process in processes:
        out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        told.append(int(out))

    rows = store.history.rows(
        "select count(*) as n, count(distinct execution_id) as d from executions"
    )
    assert rows == [{"n": sum(told), "d": sum(told)}]
    assert min(told) > 0
    assert list(folder.glob("segments/events-*"))
    assert store.history.rows("select count(*) as n from events") == [{"n": 4 * sum(told)}]


@pytest.mark.slow
def test_many_clients_that_open_at_once_find_one_owner(open_lab, folder):
    async def work() -> list[str]:
        stores = await asyncio.gather(*(asyncio.to_thread(open_lab) for _ in range(20)))
        started = time.monotonic()
        ids = await asyncio.gather(*(tell_one(store) for store in stores))
        assert time.monotonic() - started < 10
        return ids

    assert len(set(asyncio.run(work()))) == 20
    assert len(open_lab().history.rows("select 1 from executions")) == 20
