"""How PostgreSQL finds what lists and hosts ask for: by an index, however many executions there are."""

import json

import psycopg
import pytest

from flowforge_lab.store import Target, set_up_database
from flowforge_lab.store.owner import slots
from flowforge_lab.store.owner.statements import HEAD, LIVE
from flowforge_lab.store.postgres import ledger
from flowforge_lab.store.postgres.statements import READS, placed

pytestmark = pytest.mark.slow
COUNT = 30_000
FILL = f"""insert into executions(id, workflow_id, digest, trigger, created_at, key, "user", session,
    chat, status, wake_at, finished_at, error, epoch, changed, parent, is_awaited, slot, max_in_slot)
  select to_char(n, 'FM00000000'), 'flow-' || n %% 50, 'd', 'manual', n, '', '', '', '',
    case when n %% 1000 = 0 then 'running' when n %% 1000 = 1 then 'waiting'
         when n %% 1000 = 2 then 'queued' when n %% 100 = 3 then 'failed' else 'succeeded' end,
    case when n %% 1000 = 1 then n end, case when n %% 1000 > 2 then n end, '', 1, n,
    case when n %% 10 = 4 then to_char(n - 1, 'FM00000000') else '' end, false,
    case when n %% 5 = 0 then 'slot-' || n %% 7 else '' end, 3
  from generate_series(1, {COUNT}) n"""
PAGE = {"statuses": "[]", "workflow_id": "", "before": "", "limit": 20}
LISTS = {
    "the newest": ("list_heads", PAGE),
    "a later page": ("list_heads", PAGE | {"before": "00015000"}),
    "of one workflow": ("list_heads", PAGE | {"workflow_id": "flow-7"}),
    "of one workflow, later": (
        "list_heads",
        PAGE | {"workflow_id": "flow-7", "before": "00015000"},
    ),
    "that failed": ("list_heads", PAGE | {"statuses": '["failed"]'}),
    "that succeeded": ("list_heads", PAGE | {"statuses": '["succeeded"]'}),
    "that are alive": ("list_heads", PAGE | {"statuses": '["running", "waiting"]'}),
    "that failed in one workflow": (
        "list_heads",
        PAGE | {"statuses": '["failed"]', "workflow_id": "flow-3"},
    ),
    "by an id": ("find_head", {"id": "00000700"}),
    "children": ("children_of", {"id": "00000703"}),
    "alive by version": ("count_unfinished", {"workflow_id": "flow-1"}),
}
OTHERS = {
    "left behind": (ledger._ORPHANED, [100]),
    "woken": (ledger._WOKEN[0], [COUNT, 100]),
    "workflows that queue": (ledger._QUEUING, []),
    "queue of a workflow": (placed(slots._QUEUED), ["flow-2"]),
    "under way in a slot": (placed(slots._UNDER_WAY), ["slot-1"]),
    "before in a slot": (placed(slots._AHEAD), ["slot-1", 0, 0, "x"]),
    "to be locked": (ledger._LOCK_ROWS, [["00000700", "00000800"], ["execution:1"], ["00000003"]]),
    "changed since": (f"select {HEAD} from executions where changed > %s", [COUNT - 50]),
    "not over": (f"select {HEAD} from executions where {LIVE}", []),
    "to be forgotten": ("delete from executions where finished_at < %s", [100]),
    "held by one client": (
        "update executions set lease_until = 0 where holder = %s and status = 'running'",
        ["me"],
    ),
}


@pytest.fixture(scope="module")
def filled(postgres):
    target = Target(postgres.url(), schema="plans")
    set_up_database(target)
    with psycopg.connect(target.url, autocommit=True) as connection:
        connection.execute("set search_path to plans")
        connection.execute(FILL.replace("%%", "%"))
        connection.execute("analyze")
        yield connection


def scans(connection, sql, params) -> list[tuple[str, str]]:
    """Return (way, table) of every table that the plan looks at."""
    [[plan]] = connection.execute(f"explain (format json) {sql}", params, prepare=False).fetchall()
    found = []

    def walk(node) -> None:
        if "Relation Name" in node:
            found.append((node["Node Type"], node["Relation Name"]))
        for part in node.get("Plans", []):
            walk(part)

    walk((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return found


@pytest.mark.parametrize("name", LISTS)
def test_no_list_reads_all_executions(filled, name):
    question, params = LISTS[name]

    found = scans(filled, READS[question], params)

    assert found
    assert ("Seq Scan", "executions") not in found


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_that_hosts_ask_reads_all_executions(filled, name):
    sql, params = OTHERS[name]

    found = scans(filled, sql, params)

    assert found
    assert ("Seq Scan", "executions") not in found


def test_the_way_of_reading_is_seen(filled):
    assert scans(filled, "select max(epoch) from executions", []) == [("Seq Scan", "executions")]
